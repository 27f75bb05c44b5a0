import type { DriverConfig } from '../../framework/driver.ts';
import { ServiceError } from '../../framework/errors.ts';
import type { Rancher } from '../../rancher/rancher.ts';
import type { ScaleHostConfig } from './definition.ts';
import { requireHostTemplate } from './host-template.ts';

/** The checks of the Go service 0.9.15, or of 0.10.0 where a template is given, in their order. @throws ServiceError */
export async function validate(rancher: Rancher, config: DriverConfig, projectId: string): Promise<void> {
  const { hostTemplateId = '' }: ScaleHostConfig = config;
  checkAction(config);
  if (hostTemplateId !== '') await requireHostTemplate(rancher, projectId, hostTemplateId, 'InvalidConfig');
  checkLimits(config);
}

/** The checks that come before the one of the template. @throws ServiceError */
export function checkAction(config: ScaleHostConfig): void {
  const { action = '', amount = 0, hostSelector = {}, hostTemplateId = '' } = config;
  if (action === '') refuse('Scale action not provided');
  if (action !== 'up' && action !== 'down') refuse(`Invalid action ${action}`);
  if (amount <= 0) refuse(`Invalid amount: ${amount}`);
  // The Go service let an empty selector pass, and then found no host with it.
  if (hostTemplateId === '' && Object.keys(hostSelector).length === 0) refuse('HostSelector not provided');
}

/** The checks that come after it. @throws ServiceError */
export function checkLimits({ action, min = 0, max = 0, deleteOption = '' }: ScaleHostConfig): void {
  if (min <= 0) refuse('Minimum scale not provided/invalid');
  if (max <= 0) refuse('Maximum scale not provided/invalid');
  if (min >= max) refuse('Max must be greater than min');
  if (action === 'up' && deleteOption !== '') refuse('Delete option not to be provided while scaling up');
  if (action === 'down' && deleteOption !== 'mostRecent' && deleteOption !== 'leastRecent') {
    refuse(`Invalid delete option/Delete option missing ${deleteOption}`);
  }
}

function refuse(text: string): never {
  throw new ServiceError('InvalidConfig', text);
}
