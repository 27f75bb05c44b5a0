import { isJsonObject, type JsonObject } from '../shared/json-value.ts';

/** A key that exists from the start. */
export interface SeedApiKey {
  readonly publicValue: string;
  readonly secretValue: string;
  /** A project for an environment key, else a person's account. Made if it is missing. */
  readonly accountId: string;
  /** `owner`, `member`, `restricted` or `readonly` in a project; `admin` or `user` for an account. */
  readonly role: string;
  readonly name?: string;
}

/**
 * A resource that exists from the start, in the fields of its schema. Without a state it is `active` (containers `running`,
 * external events `created`), and an active service gets its containers.
 */
export interface SeedResource extends JsonObject {
  type: string;
  id: string;
}

/** What an emulator starts with when it has no data of its own yet. */
export interface RancherSeed {
  readonly apiKeys?: readonly SeedApiKey[];
  readonly resources?: readonly SeedResource[];
}

/**
 * Reads a seed from JSON.
 *
 * @throws TypeError that names the first entry which is not as it has to be.
 */
export function parseRancherSeed(value: unknown): RancherSeed {
  if (!isJsonObject(value)) throw new TypeError('a seed is an object with apiKeys and resources');
  const apiKeys = listIn(value, 'apiKeys').map((key, index) => parseKey(key, `apiKeys[${index}]`));
  const resources = listIn(value, 'resources').map((resource, index) => {
    const type = textIn(resource, 'type', `resources[${index}]`);
    const id = textIn(resource, 'id', `resources[${index}]`);
    return { ...resource, type, id };
  });
  return { apiKeys, resources };
}

function parseKey(key: JsonObject, at: string): SeedApiKey {
  const { name } = key;
  return {
    publicValue: textIn(key, 'publicValue', at),
    secretValue: textIn(key, 'secretValue', at),
    accountId: textIn(key, 'accountId', at),
    role: textIn(key, 'role', at),
    ...(typeof name === 'string' ? { name } : {}),
  };
}

function listIn(value: JsonObject, name: string): JsonObject[] {
  const list = value[name] ?? [];
  if (!Array.isArray(list)) throw new TypeError(`${name} has to be a list`);
  return list.map((item, index) => {
    if (!isJsonObject(item)) throw new TypeError(`${name}[${index}] has to be an object`);
    return item;
  });
}

function textIn(value: JsonObject, name: string, at: string): string {
  const text = value[name];
  if (typeof text !== 'string' || text === '') throw new TypeError(`${at}.${name} has to be a text`);
  return text;
}
