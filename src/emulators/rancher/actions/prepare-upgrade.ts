import { randomUUID } from 'node:crypto';
import { asObject, asObjects, asString, asStrings, isJsonObject, type JsonObject } from '../../shared/json-value.ts';
import { invalid } from '../http/api-error.ts';
import { isNoImage } from '../process/service-containers.ts';
import type { Row } from '../store/row.ts';

/**
 * Checks an upgrade and puts the new configurations into the service (Cattle ServiceUpgradeValidationFilter and
 * UpgradeManagerImpl): sidekicks that are not listed stay, one with the image `rancher/none` goes, each upgraded
 * configuration and each that shares its network or volumes gets a new version, and the strategy keeps what was before.
 *
 * @param input a converted `serviceUpgrade`.
 * @throws ApiError 422
 */
export function prepareUpgrade(service: Row, input: JsonObject): void {
  const strategy = input['inServiceStrategy'];
  if (!isJsonObject(strategy)) throw invalid('MissingRequired', undefined, 'Upgrade strategy needs to be set');
  const primary = strategy['launchConfig'];
  const listed = asObjects(strategy['secondaryLaunchConfigs']);
  if (!isJsonObject(primary) && listed.length === 0) {
    throw invalid('InvalidOption', undefined, 'LaunchConfig/secondaryLaunchConfigs need to be specified for inService strategy');
  }
  if (strategy['startFirst'] === true && service.fields['retainIp'] === true) {
    throw invalid('InvalidOption', undefined, "StartFirst option can't be used for service with retainIp field set");
  }
  const previousLaunchConfig = service.fields['launchConfig'] ?? null;
  const previousSecondaryLaunchConfigs = asObjects(service.fields['secondaryLaunchConfigs']);
  const nameOf = (config: JsonObject): string => asString(config['name']) ?? '';
  const given = new Map(listed.map((config) => [nameOf(config).toLowerCase(), config]));
  const kept = previousSecondaryLaunchConfigs.filter((config) => !given.has(nameOf(config).toLowerCase()));
  const configs = [isJsonObject(primary) ? primary : asObject(previousLaunchConfig), ...listed, ...kept];
  const upgraded = new Set([...(isJsonObject(primary) ? [''] : []), ...given.keys()]);
  addDependants(configs, service.name ?? '', upgraded);
  const versioned = configs.map((config, index) => {
    const key = index === 0 ? '' : nameOf(config).toLowerCase();
    return upgraded.has(key) ? { ...config, version: randomUUID() } : config;
  });
  const [launchConfig = {}, ...secondary] = versioned;
  service.fields['launchConfig'] = launchConfig;
  service.fields['secondaryLaunchConfigs'] = secondary.filter((config) => !isNoImage(config));
  service.fields['upgrade'] = {
    type: 'serviceUpgrade',
    inServiceStrategy: {
      ...strategy,
      launchConfig: isJsonObject(primary) ? launchConfig : null,
      secondaryLaunchConfigs: secondary.slice(0, listed.length),
      previousLaunchConfig,
      previousSecondaryLaunchConfigs,
    },
    toServiceStrategy: null,
  };
}

/** Adds what shares the network or the volumes of an upgraded configuration, until nothing is added any more. */
function addDependants(configs: readonly JsonObject[], serviceName: string, upgraded: Set<string>): void {
  const keyOf = (name: string): string => (name.toLowerCase() === serviceName.toLowerCase() ? '' : name.toLowerCase());
  for (let before = -1; before !== upgraded.size;) {
    before = upgraded.size;
    for (const [index, config] of configs.entries()) {
      const needs = [...asStrings(config['dataVolumesFromLaunchConfigs']), asString(config['networkLaunchConfig']) ?? ''];
      const isPulledIn = needs.some((name) => name !== '' && upgraded.has(keyOf(name)));
      if (isPulledIn) upgraded.add(index === 0 ? '' : (asString(config['name']) ?? '').toLowerCase());
    }
  }
}

/** Puts back what an upgrade replaced. */
export function restorePrevious(service: Row): void {
  const strategy = asObject(asObject(service.fields['upgrade'])['inServiceStrategy']);
  if (strategy['previousLaunchConfig'] === undefined) return;
  service.fields['launchConfig'] = strategy['previousLaunchConfig'];
  service.fields['secondaryLaunchConfigs'] = strategy['previousSecondaryLaunchConfigs'] ?? [];
}
