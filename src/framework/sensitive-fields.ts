import { decodeStoredConfig } from './definition.ts';
import type { DriverConfig, DriverDefinition } from './driver.ts';
import { SealedValues } from './sealed-values.ts';

type Convert = (value: string, purpose: string) => string;

/** A config whose sensitive fields are sealed for the receiver with this key. */
export function sealSensitive(
  definition: DriverDefinition,
  config: DriverConfig,
  sealed: SealedValues,
  key: string,
): DriverConfig {
  return mapSensitive(definition, config, key, (value, purpose) => sealed.seal(value, purpose));
}

/** The opposite of `sealSensitive`. @throws ServiceError `BadReceiver` where one cannot be opened. */
export function openSensitive(
  definition: DriverDefinition,
  config: DriverConfig,
  sealed: SealedValues,
  key: string,
): DriverConfig {
  return mapSensitive(definition, config, key, (value, purpose) =>
    SealedValues.isSealed(value) ? sealed.open(value, purpose) : value,
  );
}

/** A stored config with its secrets opened, for the driver alone. @throws ServiceError for a config that cannot be decoded. */
export function openStoredConfig(definition: DriverDefinition, stored: unknown, sealed: SealedValues, key: string): unknown {
  if (!definition.fields.some((field) => field.sensitive)) return stored;
  return openSensitive(definition, decodeStoredConfig(definition, stored), sealed, key);
}

function mapSensitive(definition: DriverDefinition, config: DriverConfig, key: string, convert: Convert): DriverConfig {
  const names = definition.fields.filter((field) => field.sensitive).map((field) => field.name);
  const changed = names.flatMap((name) => {
    const value = config[name];
    const purpose = `${key}/${name}`;
    if (typeof value === 'string') return [[name, convert(value, purpose)]];
    // A list holds several secrets, so that one can be rotated.
    if (Array.isArray(value))
      return [[name, value.map((entry) => (typeof entry === 'string' ? convert(entry, purpose) : entry))]];
    return [];
  });
  return { ...config, ...Object.fromEntries(changed) };
}

/** A config without its sensitive fields: what a token or an answer may hold. */
export function withoutSensitive(definition: DriverDefinition, config: DriverConfig): DriverConfig {
  const names = new Set(definition.fields.filter((field) => field.sensitive).map((field) => field.name));
  return Object.fromEntries(Object.entries(config).filter(([name]) => !names.has(name)));
}
