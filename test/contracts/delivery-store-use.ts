import crypto from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { DeliveryRecord } from '../../src/framework/deliveries/delivery-record.ts';
import type {
  Claim,
  ClaimRequest,
  DeliveryStore,
  NewDelivery,
  PlannedWork,
} from '../../src/framework/deliveries/delivery-store.ts';
import type { PlannedAction } from '../../src/framework/driver.ts';
import type { ImageEvent } from '../../src/framework/payload-format.ts';
import { newDelivery } from '../support/new-delivery.ts';

/** An empty store for one test. */
export interface OpenedDeliveryStore {
  readonly store: DeliveryStore;
  /** Puts the store's clock forward, where that can be done. */
  readonly advance?: (ms: number) => void;
  /** Closes the store and removes what it kept; absent: there is nothing to remove. */
  readonly close?: () => Promise<void>;
}

export type OpenDeliveryStore = (test: Mocha.Context) => Promise<OpenedDeliveryStore>;

/** Gives the store of the test that is running. */
export type UseStore = () => DeliveryStore;

/** Puts the clock forward, or skips the test. */
export type Advance = (test: Mocha.Context, ms: number) => void;

export const minute = 60_000;
export const hour = 60 * minute;

export interface Push extends Partial<Omit<NewDelivery, 'receiver'>> {
  /** Names the receiver, and stands for its key. */
  readonly receiver?: string;
  readonly repository?: string;
  readonly tag?: string;
  readonly pushedAt?: number;
}

export function imageEvent({ repository = 'acme/web', tag = '1', pushedAt }: Push = {}): ImageEvent {
  const image = `${repository}:${tag}`;
  return { registry: 'docker.io', repository, tag, image, ...(pushedAt !== undefined && { pushedAt }) };
}

export function receiverNamed(name: string): NewDelivery['receiver'] {
  return { id: `1go-${name}`, name, key: crypto.hash('sha256', name) };
}

/** A delivery of one push. */
export function deliveryOf(push: Push = {}): NewDelivery {
  const { receiver = 'web', repository: _repository, tag: _tag, pushedAt: _pushedAt, ...parts } = push;
  return newDelivery({ events: [imageEvent(push)], ...parts, receiver: receiverNamed(receiver) });
}

/** Stores a delivery. @returns its id. */
export async function push(store: DeliveryStore, parts: Push = {}): Promise<string> {
  return (await store.accept(deliveryOf(parts))).id;
}

/** Stores an inline delivery. */
export function hit(store: DeliveryStore, parts: Push = {}): ReturnType<DeliveryStore['accept']> {
  return store.accept(deliveryOf({ kind: 'inline', driver: 'scaleService', events: [], ...parts }));
}

/** Claims work of any number of crashes; a lane's own number may be known only after it was looked at. */
export async function claimAll(store: DeliveryStore, request: Partial<Omit<ClaimRequest, 'crashes'>> = {}): Promise<Claim[]> {
  const claims: Claim[] = [];
  const limit = request.limit ?? 1_000;
  // A lease of no length would be taken over at once.
  const levels = request.leaseMs === 0 ? ([0] as const) : ([0, 1, 2, 0, 1, 2] as const);
  for (const crashes of levels) {
    if (claims.length >= limit) break;
    const asked = { owner: 'worker', leaseMs: minute, upstreams: {}, ...request, limit: limit - claims.length, crashes };
    claims.push(...(await store.claim(asked)).claims);
  }
  return claims;
}

/** Claims the only work that there is to claim. */
export async function claimOne(store: DeliveryStore, request: Partial<Omit<ClaimRequest, 'crashes'>> = {}): Promise<Claim> {
  const claims = await claimAll(store, request);
  const [claim] = claims;
  if (claim === undefined || claims.length > 1) throw new Error(`there are ${claims.length} claims instead of one`);
  return claim;
}

/** Claims work whose lease is about to end. */
export async function takeOver(store: DeliveryStore, owner = 'heir', leaseMs = minute): Promise<Claim> {
  return await eventually(async () => (await claimAll(store, { owner, leaseMs }))[0]);
}

/** Asks until there is an answer. */
export async function eventually<T>(ask: () => Promise<T | undefined>): Promise<T> {
  const end = performance.now() + 30_000;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() > end) throw new Error(`no answer within 30 s: ${ask.toString()}`);
    await delay(2);
  }
}

export function actionOn(target: string, parts: Partial<PlannedAction> = {}): PlannedAction {
  return { target, description: `deploy to ${target}`, input: { target }, ...parts };
}

/** Stores a delivery and plans it. @returns its id and its actions, in the order of the plan. */
export async function planned(
  store: DeliveryStore,
  parts: Push,
  ...actions: readonly PlannedAction[]
): Promise<{ readonly id: string; readonly works: PlannedWork[] }> {
  const id = await push(store, parts);
  const claims = await claimAll(store, { owner: 'planner' });
  const claim = claims.find(({ kind, delivery }) => kind === 'plan' && delivery.id === id);
  if (claim === undefined || claims.length > 1) throw new Error('more than the new delivery was there to be claimed');
  return { id, works: await store.recordPlan(claim, { actions, skipped: [] }) };
}

/** Ends the action of a claim. */
export async function succeed(store: DeliveryStore, claim: Claim): Promise<void> {
  await store.end(claim, claim.actions[0]?.id, { state: 'succeeded', message: 'done' });
}

export async function read(store: DeliveryStore, id: string, projectId = '1a5'): Promise<DeliveryRecord> {
  const record = await store.get(projectId, id);
  if (record === undefined) throw new Error(`there is no delivery ${id}`);
  return record;
}

export async function states(store: DeliveryStore, ...ids: readonly string[]): Promise<string[]> {
  return await Promise.all(ids.map(async (id) => (await read(store, id)).state));
}

/** The name of the error with which something is refused; undefined where it is not. */
export async function refusalOf(attempt: Promise<unknown>): Promise<string | undefined> {
  try {
    await attempt;
    return undefined;
  } catch (thrown) {
    return thrown instanceof Error ? thrown.name : String(thrown);
  }
}
