import type { IncomingMessage, ServerResponse } from 'node:http';
import { parseTriggerQuery } from './trigger-parameters.ts';
import { findTriggered, type TriggerContext } from './trigger-receiver.ts';

/** True for the question of a sender of CloudEvents whether it may send to a URL; Azure's Event Grid asks it. */
export function isHandshake({ method, headers }: IncomingMessage): boolean {
  return method === 'OPTIONS' && (headers['webhook-request-origin'] ?? '') !== '';
}

/**
 * Answers it: to the URL of a receiver whoever knows it may send, at any rate. Without that header it is the 404 of the Go service.
 * @throws ServiceError as for a delivery, if the URL is not that of a receiver.
 * @see https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/http-webhook.md#4-abuse-protection
 */
export async function answerHandshake(context: TriggerContext, response: ServerResponse, rawQuery: string): Promise<void> {
  await findTriggered(context, parseTriggerQuery(rawQuery).parameters);
  response
    .writeHead(200, { Allow: 'POST', 'WebHook-Allowed-Origin': '*', 'WebHook-Allowed-Rate': '*', 'Content-Length': 0 })
    .end();
}
