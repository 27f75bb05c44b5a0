import { parseGoJson } from '../framework/go-json.ts';
import { isJsonObject, type JsonObject } from '../framework/json.ts';
import type { PayloadHeaders } from '../framework/payload-format.ts';
import { textAt, timeOf } from './payload-parts.ts';

/** A CloudEvent in any of its two forms; absent attributes are empty. */
export interface CloudEvent {
  readonly type: string;
  readonly source: string;
  readonly id: string;
  readonly subject: string;
  /** Milliseconds since 1970. */
  readonly time: number | undefined;
  readonly data: JsonObject;
  /** Source and id, which together name an event; empty where either is. */
  readonly eventId: string;
}

/** What version 0.1 called its attributes, which Oracle Cloud still sends. */
const oldNames: ReadonlyMap<string, string> = new Map([
  ['type', 'eventType'],
  ['id', 'eventID'],
  ['time', 'eventTime'],
]);

/**
 * The CloudEvent that a request is, in structured mode (attributes beside `data` in the body) or in binary mode (attributes as
 * `ce-*` headers, the body being the data); undefined for a request that is none.
 * @see https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md
 */
export function cloudEventOf(body: JsonObject, headers: PayloadHeaders): CloudEvent | undefined {
  if (textAt(body, 'specversion') !== '' && typeof body['type'] === 'string')
    return cloudEvent(
      (name) => textAt(body, name),
      () => dataOf(body),
    );
  if (textAt(body, 'cloudEventsVersion') !== '' && typeof body['eventType'] === 'string')
    return cloudEvent(
      (name) => textAt(body, oldNames.get(name) ?? name),
      () => dataOf(body),
    );
  if (textAt(headers, 'ce-type') === '' && textAt(headers, 'ce-specversion') === '') return undefined;
  return cloudEvent(
    (name) => textAt(headers, `ce-${name}`),
    () => body,
  );
}

function cloudEvent(attribute: (name: string) => string, readData: () => JsonObject): CloudEvent {
  let data: JsonObject | undefined;
  const [source, id] = [attribute('source'), attribute('id')];
  return {
    type: attribute('type'),
    source,
    id,
    subject: attribute('subject'),
    time: timeOf(attribute('time')),
    // Only its type is asked for by each format that does not recognise it.
    get data() {
      return (data ??= readData());
    },
    eventId: source === '' || id === '' ? '' : `${source} ${id}`,
  };
}

function dataOf(body: JsonObject): JsonObject {
  if (isJsonObject(body['data'])) return body['data'];
  // Some senders give the JSON as a text, and the specification has Base64 for what is no JSON, in version 0.3 under its own name.
  const text = textAt(body, 'data');
  const encoded = textAt(body, 'datacontentencoding').toLowerCase() === 'base64' ? text : textAt(body, 'data_base64');
  return jsonIn(text) ?? jsonIn(fromBase64(encoded)) ?? {};
}

/** The object that a text is in JSON; undefined if it is none. */
export function jsonIn(text: string): JsonObject | undefined {
  if (!text.trimStart().startsWith('{')) return undefined;
  try {
    const value: unknown = parseGoJson(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

export function fromBase64(text: string): string {
  return Buffer.from(text, 'base64').toString('utf8');
}
