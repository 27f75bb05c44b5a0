import { isJsonObject, type JsonObject } from '../../framework/json.ts';
import type { RancherResource } from '../../rancher/rancher.ts';
import type { ServiceUpgradeConfig, ServiceUpgradeInput } from './definition.ts';
import { secondaryConfigs } from './matching-configs.ts';

/** Has Rancher pull the image even where a host has one of that name. */
const pullLabel = 'io.rancher.container.pull_image';

/**
 * What is posted to start an upgrade. Launch configs are passed on as they were read, with nothing but the image and the pull
 * label changed; those that are not listed stay as they are.
 */
export function upgradeStrategy(service: RancherResource, input: ServiceUpgradeInput, config: ServiceUpgradeConfig): JsonObject {
  const { batchSize, intervalMillis, startFirst } = config;
  const primary = service['launchConfig'];
  const sidekicks = secondaryConfigs(service).filter((sidekick) => isAmong(sidekick, input.sidekicks));
  return {
    ...(batchSize ? { batchSize } : {}),
    ...(intervalMillis ? { intervalMillis: intervalMillis * 1000 } : {}),
    ...(input.primary && isJsonObject(primary) ? { launchConfig: withImage(primary, input.image) } : {}),
    ...(sidekicks.length > 0 ? { secondaryLaunchConfigs: sidekicks.map((sidekick) => withImage(sidekick, input.image)) } : {}),
    ...(startFirst ? { startFirst } : {}),
  };
}

/** True if the launch configs of a service, or of an upgrade strategy, are what this upgrade makes of them. */
export function carriesImage(owner: Readonly<JsonObject>, input: ServiceUpgradeInput): boolean {
  const sidekicks = secondaryConfigs(owner);
  const primary = !input.primary || isUpgraded(owner['launchConfig'], input.image);
  return (
    primary &&
    input.sidekicks.every((name) =>
      isUpgraded(
        sidekicks.find((sidekick) => sidekick['name'] === name),
        input.image,
      ),
    )
  );
}

/** The strategy of the upgrade that a service is in, or has not finished. */
export function currentStrategy(service: RancherResource): JsonObject | undefined {
  const upgrade = service['upgrade'];
  const strategy = isJsonObject(upgrade) ? upgrade['inServiceStrategy'] : undefined;
  return isJsonObject(strategy) ? strategy : undefined;
}

function isAmong(sidekick: Readonly<JsonObject>, names: readonly string[]): boolean {
  return typeof sidekick['name'] === 'string' && names.includes(sidekick['name']);
}

function withImage(launchConfig: Readonly<JsonObject>, image: string): JsonObject {
  const labels = isJsonObject(launchConfig['labels']) ? launchConfig['labels'] : {};
  return { ...launchConfig, imageUuid: `docker:${image}`, labels: { ...labels, [pullLabel]: 'always' } };
}

function isUpgraded(launchConfig: unknown, image: string): boolean {
  if (!isJsonObject(launchConfig) || launchConfig['imageUuid'] !== `docker:${image}`) return false;
  return isJsonObject(launchConfig['labels']) && launchConfig['labels'][pullLabel] === 'always';
}
