import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { decodeStoredConfig } from '../framework/definition.ts';
import type { Dispatcher } from '../framework/dispatcher.ts';
import { ServiceError } from '../framework/errors.ts';
import { limits } from '../framework/limits.ts';
import type { Receiver } from '../framework/receiver.ts';
import type { SealedValues } from '../framework/sealed-values.ts';
import { openSensitive } from '../framework/sensitive-fields.ts';
import { readBody } from './request-body.ts';
import { isForm, parseTriggerParameters, queryWithoutCredentials, type TriggerParameters } from './trigger-parameters.ts';
import { findTriggered, type TriggerContext, type Triggered } from './trigger-receiver.ts';

export interface EndpointContext extends TriggerContext {
  readonly dispatcher: Dispatcher;
  readonly sealed: SealedValues;
  expire(receiver: Receiver): void;
}

/** Headers that are credentials of the caller, or say something about the connection alone. */
const droppedHeaders = new Set([
  'authorization',
  'proxy-authorization',
  'cookie',
  'connection',
  'keep-alive',
  'transfer-encoding',
  'upgrade',
  'te',
  'trailer',
]);

/**
 * `POST /v1-webhooks/endpoint`: authenticates, reads, and hands over to the driver. It stands in front of express, which
 * costs four fifths of the throughput. Success is 200 with an empty body, as the Go service answers.
 * @throws ServiceError for every other answer.
 */
export async function serveEndpoint(
  context: EndpointContext,
  request: IncomingMessage,
  response: ServerResponse,
  rawQuery: string,
): Promise<void> {
  const query = new URLSearchParams(rawQuery);
  const form = isForm(request.headers) ? await readBody(request, limits.formBytes) : undefined;
  const parameters = await parseTriggerParameters(query, request.headers, form);
  const triggered = await findTriggered(context, parameters);
  context.expire(triggered.receiver);
  // Go has consumed a form by now: drivers see an empty body.
  const body = form === undefined ? await readBody(request, limits.bodyBytes) : Buffer.alloc(0);
  const { driver } = triggered;
  try {
    const headers = forwardableHeaders(request.headers, parameters);
    await context.dispatcher.deliver(openReceiver(context, triggered), driver, {
      headers,
      query: queryWithoutCredentials(rawQuery),
      body,
    });
  } catch (thrown) {
    throw inDriver(thrown, driver.definition.id);
  }
  response.writeHead(200, { 'Content-Length': 0 }).end();
}

/** The receiver with its secrets opened, for the driver alone. */
function openReceiver({ sealed }: EndpointContext, { receiver, driver }: Triggered): Receiver {
  const { definition } = driver;
  if (!definition.fields.some((field) => field.sensitive)) return receiver;
  return {
    ...receiver,
    config: openSensitive(definition, decodeStoredConfig(definition, receiver.config), sealed, receiver.key),
  };
}

/** A proxy in between may repeat the URL in a header of its own; a shorter text than any real credential may be anything. */
const shortestCredential = 16;

function forwardableHeaders(headers: IncomingHttpHeaders, { token, key }: TriggerParameters): Record<string, string> {
  const credentials = [token, key].filter((text) => text.length >= shortestCredential);
  const kept: [string, string][] = [];
  for (const [name, value = ''] of Object.entries(headers)) {
    const text = Array.isArray(value) ? value.join(', ') : value;
    if (!droppedHeaders.has(name) && !credentials.some((credential) => text.includes(credential))) kept.push([name, text]);
  }
  return Object.fromEntries(kept);
}

/** The Go service wraps whatever a driver says. */
function inDriver(thrown: unknown, driver: string): unknown {
  if (!(thrown instanceof ServiceError)) return thrown;
  const { code, status, retryAfterSeconds, message } = thrown;
  return new ServiceError(code, `Error ${message} in executing driver for ${driver}`, {
    status,
    cause: thrown,
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
  });
}
