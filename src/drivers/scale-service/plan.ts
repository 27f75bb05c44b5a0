import type { Delivery, DriverConfig, Plan } from '../../framework/driver.ts';
import { ServiceError } from '../../framework/errors.ts';
import type { Rancher } from '../../rancher/rancher.ts';
import { orServiceError } from '../../rancher/to-service-error.ts';
import type { ScaleServiceConfig, ScaleServiceInput } from './definition.ts';
import { checkFigures, checkKind } from './validate.ts';

/** Decides the scale to end with, from the one that the service has now. @throws ServiceError */
export async function plan(rancher: Rancher, delivery: Delivery, config: DriverConfig): Promise<Plan> {
  const { action, amount = 0, serviceId = '', min = 0, max = 0 }: ScaleServiceConfig = config;
  if (action !== 'up' && action !== 'down') refuse('Scale action not provided');
  // Whoever may write to the project can store a config past the checks of a create.
  checkFigures(config);
  const read = rancher.project(delivery.projectId).get('service', serviceId);
  const service = await orServiceError(read, (apiError) => `Error in getService: ${apiError}`);
  if (service === undefined || service.removed) refuse(`Service ${serviceId} has been deleted`);
  checkKind(service);

  const current = typeof service['scale'] === 'number' ? service['scale'] : 0;
  const scale = action === 'up' ? current + amount : current - amount;
  if (action === 'up' && scale > max) refuse('Cannot scale above provided max scale value');
  if (action === 'down' && scale < min) refuse('Cannot scale below provided min scale value');

  const name = typeof service['name'] === 'string' ? `${service['name']} (${serviceId})` : serviceId;
  const input: ScaleServiceInput = { serviceId, scale };
  return {
    actions: [
      {
        target: serviceTarget(delivery.projectId, config),
        description: `scale service ${name} from ${current} to ${scale}`,
        input: { ...input },
      },
    ],
  };
}

/** Names the service among all targets. */
export function serviceTarget(projectId: string, { serviceId = '' }: ScaleServiceConfig): string {
  return `rancher/${projectId}/service/${serviceId}`;
}

function refuse(text: string): never {
  throw new ServiceError('Refused', text);
}
