import type { DriverDefinition } from '../../framework/driver.ts';

/** A decoded `scaleServiceConfig`. */
export interface ScaleServiceConfig {
  readonly action?: string;
  readonly amount?: number;
  readonly max?: number;
  readonly min?: number;
  readonly serviceId?: string;
  readonly onlyFiring?: boolean;
}

/** What the PlannedAction of one delivery holds. */
export interface ScaleServiceInput {
  readonly serviceId: string;
  /** The number of containers to end with. */
  readonly scale: number;
}

export const definition: DriverDefinition = {
  id: 'scaleService',
  description: 'Scales a service up or down by an amount, within limits',
  mode: 'inline',
  fields: [
    { name: 'action', type: 'enum', options: ['up', 'down'], description: 'Whether to add or to remove containers' },
    { name: 'amount', type: 'int', description: 'How many containers to add or remove at a time' },
    { name: 'max', type: 'int', default: 100, min: 1, description: 'Never more containers than this' },
    { name: 'min', type: 'int', default: 1, min: 1, description: 'Never fewer containers than this' },
    { name: 'serviceId', type: 'string', description: 'The service to scale, such as 1s5' },
    {
      name: 'onlyFiring',
      type: 'bool',
      extension: true,
      description: 'Do nothing when Alertmanager says that the alert is resolved',
    },
  ],
};
