import type { IncomingHttpHeaders } from 'node:http';
import { LruMap } from '../framework/lru-map.ts';

/** What a trigger URL proves to know. */
export interface TriggerParameters {
  readonly token: string;
  readonly key: string;
  readonly projectId: string;
}

const names = ['token', 'key', 'projectId'] as const;

/** True for a body that Go's FormValue reads parameters from. */
export function isForm(headers: IncomingHttpHeaders): boolean {
  return /^(application\/x-www-form-urlencoded|multipart\/form-data)\s*(;|$)/i.test(headers['content-type'] ?? '');
}

/** A raw query, as far as a trigger is concerned. */
export interface TriggerQuery {
  readonly parameters: TriggerParameters;
  /** The raw query without the parameters that are credentials. */
  readonly rest: string;
}

/** The same URLs are hit again and again. */
const parsed = new LruMap<string, TriggerQuery>(500);

export function parseTriggerQuery(rawQuery: string): TriggerQuery {
  const known = parsed.get(rawQuery);
  if (known !== undefined) return known;
  const query = new URLSearchParams(rawQuery);
  const value = (name: string): string => query.get(name) ?? '';
  const parameters = { token: value('token'), key: value('key'), projectId: value('projectId') };
  const found = { parameters, rest: queryWithoutCredentials(rawQuery) };
  parsed.set(rawQuery, found);
  return found;
}

/** The parameters by Go's FormValue: those of a form body win over those of the query. */
export async function withFormParameters(
  parameters: TriggerParameters,
  headers: IncomingHttpHeaders,
  form: Buffer,
): Promise<TriggerParameters> {
  if (form.length === 0) return parameters;
  const fields = await parseForm(form, headers['content-type'] ?? '');
  const value = (name: keyof TriggerParameters): string => {
    const field = fields.get(name);
    return typeof field === 'string' ? field : parameters[name];
  };
  return { token: value('token'), key: value('key'), projectId: value('projectId') };
}

async function parseForm(body: Buffer, contentType: string): Promise<{ get(name: string): unknown }> {
  if (!/^multipart/i.test(contentType)) return new URLSearchParams(body.toString('utf8'));
  try {
    return await new Response(new Uint8Array(body), { headers: { 'Content-Type': contentType } }).formData();
  } catch {
    // Go's FormValue drops the fault, and what the query says counts.
    return new URLSearchParams();
  }
}

/** The raw query without the parameters that are credentials. */
export function queryWithoutCredentials(rawQuery: string): string {
  const isCredential = (part: string): boolean => {
    const name = (part.split('=')[0] ?? '').replaceAll('+', ' ');
    const [decoded = ''] = new URLSearchParams(part).keys();
    return names.some((credential) => credential === name || credential === decoded);
  };
  return rawQuery
    .split('&')
    .filter((part) => part !== '' && !isCredential(part))
    .join('&');
}
