import { coerceError, ServiceError } from './errors.ts';
import { parseGoJson } from './go-json.ts';
import { isJsonObject, type JsonObject } from './json.ts';
import { limits } from './limits.ts';
import type { Payload, PayloadContents, PayloadFormat, PayloadHeaders, PayloadOptions } from './payload-format.ts';
import type { Registry } from './registry.ts';

/** The one choice of a format that is none: body and headers tell which. */
export const autoFormat = 'auto';

/** The raw body as JSON. @throws ServiceError `InvalidPayload` for what is none, and for anything but an object or a list. */
export function parsePayload(body: Buffer, headers: PayloadHeaders): Payload {
  if (body.length === 0) {
    // As curl sends it unless it is told otherwise.
    const isForm = /^(application\/x-www-form-urlencoded|multipart\/form-data)\b/i.test(headers['content-type'] ?? '');
    const hint = isForm ? ': a form is not read, send it with Content-Type: application/json' : '';
    throw new ServiceError('InvalidPayload', `The request has no payload${hint}`);
  }
  let value: unknown;
  try {
    value = parseGoJson(body);
  } catch (thrown) {
    throw new ServiceError('InvalidPayload', `The payload is not valid JSON: ${coerceError(thrown).message}`, { cause: thrown });
  }
  if (isJsonObject(value) || Array.isArray(value)) return value;
  throw notAnObject();
}

function notAnObject(): ServiceError {
  return new ServiceError('InvalidPayload', 'The payload is not a JSON object');
}

/**
 * The one format that recognises a body.
 * @throws ServiceError `InvalidPayload` if none does, or several: then the receiver has to name one.
 */
export function detectFormat(formats: Registry<PayloadFormat>, body: JsonObject, headers: PayloadHeaders): PayloadFormat {
  const [format, ...others] = formats.all.filter((each) => each.recognises(body, headers));
  if (format === undefined)
    throw new ServiceError('InvalidPayload', 'The payload is of no known format (payloadFormat custom reads any)');
  if (others.length === 0) return format;
  const names = [format, ...others].map(({ id }) => id).join(' and of ');
  throw new ServiceError('InvalidPayload', `The payload may be of ${names}: set payloadFormat to one of them`);
}

/** Many reasons, as one text: each once, and not more of them than people read. */
export function joinReasons(reasons: readonly string[]): string {
  const different = [...new Set(reasons)];
  const left = different.length - maxReasons;
  const shown = different
    .slice(0, maxReasons)
    .map((reason) => (reason.length > maxReason ? `${reason.slice(0, maxReason)}…` : reason));
  return shown.join('; ') + (left > 0 ? `; and ${left} more` : '');
}

const maxReasons = 10;
/** Longer than any of ours, which may hold a tag that somebody made up. */
const maxReason = 500;

/** What a body says, and the format that it was read in: several names where a list has events of several formats. */
export type ReadContents = PayloadContents & { readonly format: string };

/**
 * What a body says, read in the named format, or in the one that `auto` finds. Headers tell nothing of the entries of a list.
 * @throws ServiceError `InvalidPayload`; `InvalidConfig` for a name that no format has.
 */
export function readPayload(
  formats: Registry<PayloadFormat>,
  name: string,
  body: Payload,
  headers: PayloadHeaders,
  options: PayloadOptions = {},
): ReadContents {
  const named = name === autoFormat ? undefined : formats.require(name, 'InvalidConfig', (id) => `Invalid payloadFormat "${id}"`);
  const contents = isJsonObject(body)
    ? named === undefined
      ? readOne(detectFormat(formats, body, headers), body, headers, options)
      : readNamed(formats, named, body, headers, options)
    : readList(formats, named, body, options);
  requireFew(contents.events.length, 'pushes');
  return contents;
}

function readOne(format: PayloadFormat, body: JsonObject, headers: PayloadHeaders, options: PayloadOptions): ReadContents {
  return { format: format.id, ...format.read(body, headers, options) };
}

/** Where a body deploys nothing in the format that the receiver names, but would in another, the reason says so. */
function readNamed(
  formats: Registry<PayloadFormat>,
  named: PayloadFormat,
  body: JsonObject,
  headers: PayloadHeaders,
  options: PayloadOptions,
): ReadContents {
  const hint = (): string => {
    const other = formatOfPush(formats, named, body, headers);
    return other === undefined ? '' : ` (it is a push in the format ${other}: set payloadFormat to that or to auto)`;
  };
  let contents: ReadContents;
  try {
    contents = readOne(named, body, headers, options);
  } catch (thrown) {
    // The Go service's texts are a contract.
    if (options.strict === true || !(thrown instanceof ServiceError) || thrown.code !== 'InvalidPayload') throw thrown;
    throw new ServiceError('InvalidPayload', thrown.message + hint(), { cause: thrown });
  }
  if (contents.events.length > 0) return contents;
  const said = hint();
  return { ...contents, ignored: contents.ignored.map((event) => ({ ...event, reason: event.reason + said })) };
}

/** @returns the id of the only other format that recognises the body and has a push in it. */
function formatOfPush(
  formats: Registry<PayloadFormat>,
  named: PayloadFormat,
  body: JsonObject,
  headers: PayloadHeaders,
): string | undefined {
  const [other, ...others] = formats.all.filter((each) => each.recognises(body, headers));
  if (other === undefined || others.length > 0 || other === named) return undefined;
  try {
    return other.read(body, headers, {}).events.length > 0 ? other.id : undefined;
  } catch {
    return undefined;
  }
}

function readList(
  formats: Registry<PayloadFormat>,
  named: PayloadFormat | undefined,
  list: readonly unknown[],
  options: PayloadOptions,
): ReadContents {
  requireFew(list.length, 'entries');
  if (named !== undefined) return readAs(named, list, options);
  if (list.length === 0) throw notAnObject();
  const parts = list.map((entry) => {
    if (!isJsonObject(entry)) throw notAnObject();
    return readAs(detectFormat(formats, entry, {}), [entry], options);
  });
  return {
    format: [...new Set(parts.map(({ format }) => format))].join(', '),
    events: parts.flatMap(({ events }) => events),
    ignored: parts.flatMap(({ ignored }) => ignored),
  };
}

function readAs(format: PayloadFormat, list: readonly unknown[], options: PayloadOptions): ReadContents {
  const contents = format.readList?.(list, options);
  if (contents === undefined) throw notAnObject();
  return { format: format.id, ...contents };
}

/** To be asked before a list is gone through. @throws ServiceError `InvalidPayload` for more than one body may have. */
export function requireFew(count: number, what: string): void {
  if (count > limits.payloadEntries)
    throw new ServiceError('InvalidPayload', `The payload has ${count} ${what}, and ${limits.payloadEntries} are the most`);
}
