import { isJsonObject } from '../../framework/json.ts';
import type { RancherResource } from '../../rancher/rancher.ts';
import type { ConfigChoice, FoundService, ServiceUpgradeInput } from './definition.ts';
import { secondaryConfigs } from './matching-configs.ts';
import { carriesImage, currentStrategy } from './upgrade-strategy.ts';

/** What is kept of a service when an upgrade of it is planned. */
export function foundService(service: RancherResource, choice: ConfigChoice): FoundService {
  return { configs: configsOf(service, choice), upgrade: Object.values(strategyConfigs(service, choice)) };
}

/**
 * True if an upgrade that began after this one was planned has put the image into the launch configs: an earlier try of the
 * same action began it, or somebody else did, and either way the image was pulled after it was pushed.
 */
export function isBegunSince(service: RancherResource, input: ServiceUpgradeInput): boolean {
  if (!carriesImage(service, input)) return false;
  return Object.entries(configsOf(service, input)).every(([name, config]) => config !== input.found.configs[name]);
}

/** True if such an upgrade began and was rolled back, so that the service is again as it was when this was planned. */
export function isTakenBackSince(service: RancherResource, input: ServiceUpgradeInput): boolean {
  const strategy = currentStrategy(service);
  if (strategy === undefined || !carriesImage(strategy, input)) return false;
  const isNew = Object.values(strategyConfigs(service, input)).every((config) => !input.found.upgrade.includes(config));
  const isBack = Object.entries(configsOf(service, input)).every(([name, config]) => config === input.found.configs[name]);
  return isNew && isBack;
}

function strategyConfigs(service: RancherResource, choice: ConfigChoice): Record<string, string> {
  const strategy = currentStrategy(service);
  return strategy === undefined ? {} : configsOf(strategy, choice);
}

function configsOf(owner: Readonly<Record<string, unknown>>, { primary, sidekicks }: ConfigChoice): Record<string, string> {
  const secondary = secondaryConfigs(owner);
  return Object.fromEntries([
    ...(primary ? [['', describe(owner['launchConfig'])]] : []),
    ...sidekicks.map((name) => [name, describe(secondary.find((config) => config['name'] === name))]),
  ]) as Record<string, string>;
}

function describe(launchConfig: unknown): string {
  if (!isJsonObject(launchConfig)) return '';
  const { version, imageUuid } = launchConfig;
  return [version, imageUuid].filter((part) => typeof part === 'string').join(' ');
}
