import type { IncomingMessage, ServerResponse } from 'node:http';
import type { DeliveryIntake } from '../framework/deliveries/delivery-intake.ts';
import { ServiceError } from '../framework/errors.ts';
import { limits } from '../framework/limits.ts';
import type { Receiver } from '../framework/receiver.ts';
import { forwardableHeaders } from './forwardable-headers.ts';
import type { LargeBodies } from './large-bodies.ts';
import { largeBytes, readBody } from './request-body.ts';
import { isForm, parseTriggerQuery, withFormParameters } from './trigger-parameters.ts';
import { findTriggered, type TriggerContext } from './trigger-receiver.ts';

export interface EndpointContext extends TriggerContext {
  readonly intake: Pick<DeliveryIntake, 'take'>;
  expire(receiver: Receiver): void;
}

/**
 * `POST /v1-webhooks/endpoint`: authenticates, reads, and hands over to the driver. It stands in front of express, which
 * costs four fifths of the throughput. Success is 200 with an empty body, as the Go service answers.
 * @throws ServiceError for every other answer.
 */
export async function serveEndpoint(
  context: EndpointContext,
  largeBodies: LargeBodies,
  request: IncomingMessage,
  response: ServerResponse,
  rawQuery: string,
): Promise<void> {
  const query = parseTriggerQuery(rawQuery);
  const form = isForm(request.headers) ? await readBody(request, limits.formBytes) : undefined;
  const parameters = form === undefined ? query.parameters : await withFormParameters(query.parameters, request.headers, form);
  const { receiver, driver } = await findTriggered(context, parameters);
  context.expire(receiver);
  // Go has consumed a form by now: drivers see an empty body.
  if (form === undefined && isMaybeLarge(request)) await largeBodies.enter(receiver.id, endOf(response));
  const { body, refusal } = form === undefined ? await readDeliveredBody(request) : { body: Buffer.alloc(0) };
  const { id, failure } = await context.intake.take({
    receiver,
    driver,
    proof: { headers: request.headers, body: form ?? body },
    request: { headers: forwardableHeaders(request.headers, parameters), query: query.rest, body },
    ...(refusal && { refusal }),
  });
  if (failure) {
    response.setHeader('X-Webhook-Delivery', id);
    throw failure;
  }
  response.writeHead(200, { 'X-Webhook-Delivery': id, 'Content-Length': 0 }).end();
}

/** Of a body in chunks nobody knows. */
function isMaybeLarge({ headers }: IncomingMessage): boolean {
  const length = headers['content-length'];
  return length === undefined ? headers['transfer-encoding'] !== undefined : Number(length) > largeBytes;
}

function endOf(response: ServerResponse): AbortSignal {
  const end = new AbortController();
  response.once('close', () => end.abort());
  return end.signal;
}

/** A body that is refused is told of in the stored delivery; of one whose sender is gone there is nothing to tell. */
async function readDeliveredBody(request: IncomingMessage): Promise<{ body: Buffer; refusal?: ServiceError }> {
  try {
    return { body: await readBody(request, limits.bodyBytes) };
  } catch (thrown) {
    if (!(thrown instanceof ServiceError) || request.destroyed) throw thrown;
    return { body: Buffer.alloc(0), refusal: thrown };
  }
}
