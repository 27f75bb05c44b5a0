import { isJsonObject, type JsonObject } from '../../framework/json.ts';
import type { RancherResource } from '../../rancher/rancher.ts';
import type { ConfigChoice, ServiceUpgradeConfig } from './definition.ts';

/**
 * The launch configs of a service whose labels have every pair of the selector: without regard to case, and an empty value
 * standing for any, as the Go service has it. Undefined if there are none, and for an empty selector.
 */
export function matchingConfigs(service: RancherResource, config: ServiceUpgradeConfig): ConfigChoice | undefined {
  const pairs = Object.entries(config.serviceSelector ?? {});
  if (pairs.length === 0) return undefined;
  const primary = matches(service['launchConfig'], pairs);
  const sidekicks = secondaryConfigs(service)
    .filter((sidekick) => matches(sidekick, pairs))
    .flatMap((sidekick) => (typeof sidekick['name'] === 'string' ? [sidekick['name']] : []));
  return primary || sidekicks.length > 0 ? { primary, sidekicks } : undefined;
}

/** The secondary launch configs of a service or of an upgrade strategy, less whatever in their list is none. */
export function secondaryConfigs(owner: Readonly<JsonObject>): Readonly<Record<string, unknown>>[] {
  const list: unknown = owner['secondaryLaunchConfigs'];
  return Array.isArray(list) ? list.filter(isJsonObject) : [];
}

/** A service that is an alias or stands for an external host may have no launch config, and a launch config no labels. */
function matches(launchConfig: unknown, pairs: readonly (readonly [string, string | null])[]): boolean {
  const labels = isJsonObject(launchConfig) && isJsonObject(launchConfig['labels']) ? Object.entries(launchConfig['labels']) : [];
  return pairs.every(([key, wanted]) =>
    labels.some(([name, value]) => name.toLowerCase() === key.toLowerCase() && sameValue(value, wanted ?? '')),
  );
}

function sameValue(value: unknown, wanted: string): boolean {
  return wanted === '' || (typeof value === 'string' && value.toLowerCase() === wanted.toLowerCase());
}
