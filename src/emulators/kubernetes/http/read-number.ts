import { StatusError } from './status-error.ts';

/** A whole number of the query; undefined if it is not there. @throws StatusError 400 in the server's words. */
export function readNumber(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name) ?? '';
  if (text === '') return undefined;
  if (!/^[+-]?\d{1,18}$/.test(text))
    throw new StatusError(400, `strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  return Number(text);
}

/** The version from which a client reads; 0, any, if it names none. @throws StatusError 400 */
export function readResourceVersion(query: URLSearchParams): number {
  const text = query.get('resourceVersion') ?? '';
  if (text === '') return 0;
  if (/^\d{1,18}$/.test(text)) return Number(text);
  const why = `Invalid value: ${JSON.stringify(text)}: strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`;
  throw new StatusError(400, `invalid resource version: resourceVersion: ${why}`);
}
