import type { Delivery, Driver, DriverConfig, DriverDefinition } from '../../src/framework/driver.ts';
import { ServiceError } from '../../src/framework/errors.ts';

/** A driver that remembers what it was given. */
export interface TestDriver extends Driver {
  readonly validated: DriverConfig[];
  readonly deliveries: { readonly delivery: Delivery; readonly config: DriverConfig }[];
  /** Run in `execute`. */
  work: () => Promise<void>;
}

const fields = [
  { name: 'serviceId', type: 'string', description: 'a service' },
  { name: 'amount', type: 'int', description: 'how many' },
  { name: 'selector', type: 'map[string]', description: 'labels' },
  { name: 'secret', type: 'string', description: 'a secret', sensitive: true },
  { name: 'secrets', type: 'array[string]', description: 'secrets', sensitive: true },
] as const satisfies DriverDefinition['fields'];

/** A literal driver. Its validation refuses the amount 13 with a text of its own. */
export function testDriver(id: string, mode: DriverDefinition['mode'], more: Partial<DriverDefinition> = {}): TestDriver {
  const driver: TestDriver = {
    definition: { id, description: `the ${mode} driver of the tests`, mode, fields, ...more },
    validated: [],
    deliveries: [],
    work: () => Promise.resolve(),
    validate(config) {
      driver.validated.push(config);
      return config['amount'] === 13 ? Promise.reject(new ServiceError('Refused', 'Invalid amount: 13')) : Promise.resolve();
    },
    accept: () => ({ kind: 'accepted', events: [] }),
    plan(delivery, config) {
      driver.deliveries.push({ delivery, config });
      return Promise.resolve({ actions: [{ target: id, description: 'does nothing', input: {} }] });
    },
    async execute() {
      await driver.work();
      return { outcome: 'succeeded', message: 'done' };
    },
  };
  return driver;
}
