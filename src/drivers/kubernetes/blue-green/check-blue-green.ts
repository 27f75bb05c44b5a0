import type { DeploymentUpdateConfig } from '../definition.ts';
import { fieldRefused } from '../field-refused.ts';
import { placeOf } from '../workload/find-workloads.ts';
import { kindNames } from '../workload/workload.ts';
import { secondName } from './pair.ts';

const serviceName = /^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/;
const longestName = 253;

/** @throws ServiceError `InvalidConfig` for fields of blueGreen without it, and for what it cannot do. */
export function checkBlueGreen(config: DeploymentUpdateConfig): void {
  const { strategy, name, service, promote, keepOldSeconds } = config;
  if (strategy !== 'blueGreen') {
    for (const [field, value] of Object.entries({ service, promote, keepOldSeconds }))
      if (value !== undefined) throw fieldRefused(field, `${field} needs strategy blueGreen`);
    return;
  }
  const { kind } = placeOf(config);
  if (kind !== 'deployment') throw fieldRefused('strategy', `A ${kindNames[kind]} has no strategy blueGreen`);
  if (name === undefined) throw fieldRefused('name', 'Strategy blueGreen needs the name of one Deployment');
  if (secondName(name).length > longestName) throw fieldRefused('name', `The name "${name}" is too long for strategy blueGreen`);
  if (service === undefined) throw fieldRefused('service', 'Strategy blueGreen needs a service');
  if (!serviceName.test(service)) throw fieldRefused('service', `Invalid service "${service}"`);
}
