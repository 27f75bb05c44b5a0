import type { IncomingHttpHeaders } from 'node:http';

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

/**
 * The parameters by Go's FormValue: those of a form body win over those of the query.
 * @param form the body of a form; undefined for any other.
 */
export async function parseTriggerParameters(
  query: URLSearchParams,
  headers: IncomingHttpHeaders,
  form?: Buffer,
): Promise<TriggerParameters> {
  const fields = form && form.length > 0 ? await parseForm(form, headers['content-type'] ?? '') : undefined;
  const value = (name: string): string => {
    const field = fields?.get(name);
    return typeof field === 'string' ? field : (query.get(name) ?? '');
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
