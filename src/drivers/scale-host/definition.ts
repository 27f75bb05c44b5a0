import type { DriverDefinition } from '../../framework/driver.ts';

/** A decoded `scaleHostConfig`. */
export interface ScaleHostConfig {
  readonly action?: string;
  readonly amount?: number;
  readonly deleteOption?: string;
  /** A null is what Go reads as an empty string. */
  readonly hostSelector?: Readonly<Record<string, string | null>>;
  readonly max?: number;
  readonly min?: number;
  /** Wins over `hostSelector`. */
  readonly hostTemplateId?: string;
  readonly onlyFiring?: boolean;
}

/** What the PlannedAction of one delivery holds. */
export type ScaleHostInput =
  | { readonly kind: 'clone'; readonly hostId: string; readonly accountId: string; readonly hostnames: readonly string[] }
  | { readonly kind: 'template'; readonly hostTemplateId: string; readonly hostnames: readonly string[] }
  | { readonly kind: 'delete'; readonly byTemplate: boolean; readonly hostIds: readonly string[] };

export const definition: DriverDefinition = {
  id: 'scaleHost',
  description: 'Adds hosts to a group of hosts or removes some, within limits',
  mode: 'inline',
  fields: [
    { name: 'action', type: 'enum', options: ['up', 'down'], description: 'Whether to add or to remove hosts' },
    { name: 'amount', type: 'int', description: 'How many hosts to add or remove at a time' },
    {
      name: 'deleteOption',
      type: 'enum',
      options: ['mostRecent', 'leastRecent'],
      description: 'Which hosts go first when scaling down, after those that do not work',
    },
    { name: 'hostSelector', type: 'map[string]', description: 'The labels that every host of the group has' },
    { name: 'max', type: 'int', default: 100, min: 1, description: 'Never more hosts than this' },
    { name: 'min', type: 'int', default: 1, min: 1, description: 'Never fewer hosts than this' },
    {
      name: 'hostTemplateId',
      type: 'string',
      extension: true,
      description: 'The group is the hosts made from this template, and new ones are made from it too',
    },
    {
      name: 'onlyFiring',
      type: 'bool',
      extension: true,
      description: 'Do nothing when Alertmanager says that the alert is resolved',
    },
  ],
};
