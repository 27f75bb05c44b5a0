import { deliveryStates } from '../../framework/deliveries/delivery-record.ts';
import type { JsonObject } from '../../framework/json.ts';
import type { Schema } from '../schemas.ts';
import { maxImageLength, maxReasonLength } from '../targets/act-on-target.ts';
import { maxLimit } from '../paging.ts';
import { deliveryFilters } from './delivery-filter.ts';

const text = { type: 'string' };
const integer = { type: 'int' };
const date = { type: 'date' };
const common = { actions: { type: 'map[string]' }, id: text, links: { type: 'map[string]' }, type: text };
const state = { type: 'enum', options: deliveryStates };
const input = (field: JsonObject): JsonObject => ({ create: true, required: false, ...field });

function time(name: string): JsonObject {
  return { [name]: date, [`${name}TS`]: integer };
}

/** The schemas of deliveries and targets, which the Go service does not have. */
export const deliverySchemas: readonly Schema[] = [
  {
    id: 'delivery',
    pluralName: 'deliveries',
    collectionMethods: ['GET'],
    collectionActions: { replay: { input: 'deliveriesReplay', output: 'collection' } },
    collectionFilters: deliveryFilters,
    resourceMethods: ['GET'],
    resourceActions: {
      abort: { output: 'delivery' },
      cancel: { output: 'delivery' },
      promote: { output: 'delivery' },
      replay: { output: 'delivery' },
    },
    resourceFields: {
      ...common,
      projectId: text,
      receiverId: { type: 'reference[receiver]' },
      receiverName: text,
      driver: text,
      state,
      message: text,
      ...time('receivedAt'),
      ...time('endedAt'),
      images: { type: 'array[json]' },
      duplicates: integer,
      supersededBy: { type: 'reference[delivery]' },
      replayOf: { type: 'reference[delivery]' },
      requestedBy: text,
      request: { type: 'json' },
      skipped: { type: 'array[json]' },
      deliveryActions: { type: 'array[deliveryAction]' },
    },
  },
  {
    id: 'deliveryAction',
    pluralName: 'deliveryActions',
    resourceMethods: [],
    resourceFields: {
      ...common,
      target: text,
      description: text,
      state,
      step: text,
      message: text,
      images: { type: 'array[string]' },
      attempts: { type: 'array[json]' },
      ...time('createdAt'),
      ...time('endedAt'),
      ...time('nextAttemptAt'),
      supersededBy: { type: 'reference[delivery]' },
    },
  },
  {
    id: 'deliveryEvent',
    pluralName: 'deliveryEvents',
    resourceMethods: [],
    resourceFields: {
      ...common,
      kind: { type: 'enum', options: ['state', 'progress'] },
      projectId: text,
      deliveryId: { type: 'reference[delivery]' },
      receiverId: { type: 'reference[receiver]' },
      receiverName: text,
      actionId: text,
      target: text,
      state,
      message: text,
      rollout: { type: 'json' },
      ...time('at'),
    },
  },
  {
    id: 'deliveriesReplay',
    pluralName: 'deliveriesReplays',
    resourceMethods: [],
    resourceFields: {
      state: { create: true, required: true, type: 'array[enum]', options: deliveryStates },
      receiverId: input(text),
      driver: input(text),
      since: input(date),
      until: input(date),
      limit: input({ ...integer, min: 1, max: maxLimit, default: maxLimit }),
      marker: input(text),
    },
  },
  {
    id: 'target',
    pluralName: 'targets',
    collectionMethods: ['GET'],
    collectionFilters: { name: { modifiers: ['eq'] }, held: { modifiers: ['eq'] } },
    resourceMethods: ['GET'],
    resourceActions: {
      hold: { input: 'targetHold', output: 'target' },
      release: { input: 'targetRelease', output: 'target' },
    },
    resourceFields: { ...common, projectId: text, name: text, held: { type: 'boolean' }, holds: { type: 'array[json]' } },
  },
  {
    id: 'targetHold',
    pluralName: 'targetHolds',
    resourceMethods: [],
    resourceFields: {
      image: input({ ...text, maxLength: maxImageLength }),
      reason: input({ ...text, maxLength: maxReasonLength }),
    },
  },
  {
    id: 'targetRelease',
    pluralName: 'targetReleases',
    resourceMethods: [],
    resourceFields: { image: input({ ...text, maxLength: maxImageLength }) },
  },
];
