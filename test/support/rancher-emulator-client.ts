import { isDeepStrictEqual } from 'node:util';
import {
  type RancherEmulator,
  type RancherEmulatorOptions,
  startRancherEmulator,
} from '../../src/emulators/rancher/rancher-emulator.ts';
import { createSampleSeed } from '../../src/emulators/rancher/sample-seed.ts';
import type { JsonObject } from '../../src/emulators/shared/json-value.ts';

export const serviceKey = { accessKey: 'service', secretKey: 'service-secret' };

/** An answer with its JSON body; `any shape` is the point of these tests, so fields are read as plain values. */
export interface EmulatorAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: JsonObject;
  readonly text: string;
}

export type Call = (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<EmulatorAnswer>;

/** Calls an emulator with a key; paths may be absolute URLs. An empty access key sends no Authorization. */
export function callerOf(url: string, accessKey = serviceKey.accessKey, secretKey = serviceKey.secretKey): Call {
  return async (method, path, body, headers = {}) => {
    const response = await fetch(path.startsWith('http') ? path : url + path, {
      method,
      redirect: 'manual',
      headers: {
        ...(accessKey === '' ? {} : { authorization: `Basic ${Buffer.from(`${accessKey}:${secretKey}`).toString('base64')}` }),
        'content-type': 'application/json',
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, body: parse(text) };
  };
}

function parse(text: string): JsonObject {
  try {
    return JSON.parse(text) as JsonObject;
  } catch {
    return {};
  }
}

/** Keys that every emulator of these tests knows. */
const roleKeys = ['owner', 'member', 'restricted', 'readonly'].map((role) => ({
  publicValue: role,
  secretValue: `${role}-secret`,
  accountId: '1a5',
  role,
}));

/** An instant emulator with the sample project and a key of each project role, named after the role. */
export function startSample(options: Partial<RancherEmulatorOptions> = {}): Promise<RancherEmulator> {
  const sample = createSampleSeed();
  return startRancherEmulator({
    ...serviceKey,
    speed: 'instant',
    seed: {
      apiKeys: [...roleKeys, { publicValue: 'other', secretValue: 'other-secret', accountId: '1a7', role: 'owner' }],
      resources: [...(sample.resources ?? []), { type: 'project', id: '1a7', name: 'Other' }],
    },
    ...options,
  });
}

/** Asks until the answer is as wanted. @throws Error with the last answer after half a minute. */
export async function until<T>(ask: () => Promise<T> | T, isAsWanted: (answer: T) => boolean): Promise<T> {
  const deadline = Date.now() + 30_000;
  let last: T | undefined;
  for (;;) {
    const answer = await ask();
    if (isAsWanted(answer)) return answer;
    if (Date.now() > deadline) throw new Error(`never came: ${JSON.stringify(last)}`);
    if (!isDeepStrictEqual(answer, last)) last = answer;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** A nested value by its path, as far as it leads. */
export function at(body: unknown, ...path: (string | number)[]): unknown {
  let value: unknown = body;
  for (const name of path) value = typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
  return value;
}

/** Ids in a collection. */
export function idsIn(answer: EmulatorAnswer): unknown[] {
  const data = answer.body['data'];
  return Array.isArray(data) ? data.map((item) => at(item, 'id')) : [];
}
