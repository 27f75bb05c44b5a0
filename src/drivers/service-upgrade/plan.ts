import type { Delivery, DriverConfig, Plan, PlannedAction } from '../../framework/driver.ts';
import { repositoryAsSpelled, tryParseImageReference } from '../../framework/image-reference.ts';
import type { Rancher, RancherResource } from '../../rancher/rancher.ts';
import { orServiceError } from '../../rancher/to-service-error.ts';
import type { ConfigChoice, ServiceUpgradeInput } from './definition.ts';
import { foundService } from './found-service.ts';
import { matchingConfigs } from './matching-configs.ts';
import { pushedFor } from './pushed-for.ts';
import { validate } from './validate.ts';

/** One action for each service that the selector finds, to the image that was pushed for it. @throws ServiceError */
export async function plan(rancher: Rancher, delivery: Delivery, config: DriverConfig): Promise<Plan> {
  validate(config);
  const { events } = delivery;
  if (events.length === 0) return { actions: [] };
  const list = rancher.project(delivery.projectId).list('service');
  const services = await orServiceError(list, (apiError) => `Error ${apiError} in listing services`);
  const actions: PlannedAction[] = [];
  const skipped: { target: string; reason: string }[] = [];
  for (const service of services) {
    const choice = matchingConfigs(service, config);
    if (choice === undefined) continue;
    const target = `rancher/${delivery.projectId}/service/${service.id}`;
    const pushed = pushedFor(service, choice, events);
    const reason = whyLeftAlone(service) ?? (pushed === undefined ? 'it runs none of the images that were pushed' : undefined);
    if (reason !== undefined) skipped.push({ target, reason });
    else if (pushed !== undefined) actions.push({ target, ...planService(service, pushed.choice, pushed.image) });
  }
  return { actions, skipped };
}

function whyLeftAlone(service: RancherResource): string | undefined {
  if (service['system'] === true) return 'it is a system service';
  if (service.removed || service.state === 'removing' || service.state === 'removed') return 'it is being removed';
  return undefined;
}

function planService(service: RancherResource, choice: ConfigChoice, image: string): Omit<PlannedAction, 'target'> {
  const name = typeof service['name'] === 'string' ? `${service['name']} (${service.id})` : service.id;
  const parts = [...(choice.primary ? ['the service itself'] : []), ...choice.sidekicks].join(', ');
  const input: ServiceUpgradeInput = { serviceId: service.id, image, ...choice, found: foundService(service, choice) };
  return {
    description: `upgrade service ${name} to ${image}: ${parts}`,
    input: { ...input },
    streams: streams(choice, image),
    images: [image],
  };
}

/** One for each launch config: a push for one of them does not take the place of what waits for another. */
function streams({ primary, sidekicks }: ConfigChoice, image: string): string[] {
  const repository = tryParseImageReference(image)?.name ?? repositoryAsSpelled(image);
  const configs = [...(primary ? ['launchConfig'] : []), ...sidekicks.map((name) => `sidekick ${name}`)];
  return configs.map((config) => `${config} ${repository}`);
}
