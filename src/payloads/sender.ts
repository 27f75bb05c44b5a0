import type { JsonObject } from '../framework/json.ts';
import type { PayloadFormat, PayloadHeaders } from '../framework/payload-format.ts';
import { cloudEventOf } from './cloud-event.ts';
import { textAt } from './payload-parts.ts';

/** Headers that one sender alone sends, with the format of its bodies. */
const ownHeaders: readonly (readonly [header: string, format: string])[] = [
  ['x-github-event', 'ghcr'],
  ['x-nexus-webhook-id', 'nexus'],
  ['x-jfrog-event', 'artifactory'],
  ['x-jfrog-event-auth', 'artifactory'],
  ['x-amz-sns-message-type', 'ecr'],
];

/** CloudEvents whose types belong to a format of their own. */
const ownTypes: readonly (readonly [prefix: string, format: string])[] = [
  ['harbor.', 'harbor'],
  ['dev.cdevents.', 'cdevents'],
];

/** The format that headers or the envelope name beyond doubt; undefined where the body has to be looked at. */
function senderOf(body: JsonObject, headers: PayloadHeaders): string | undefined {
  const own = ownHeaders.find(([header]) => textAt(headers, header) !== '');
  if (own !== undefined) return own[1];
  const event = cloudEventOf(body, headers);
  if (event !== undefined) return ownTypes.find(([prefix]) => event.type.startsWith(prefix))?.[1] ?? 'cloudevents';
  const isDistribution = textAt(headers, 'content-type').startsWith('application/vnd.docker.distribution.events.');
  return isDistribution ? 'distribution' : undefined;
}

/** The format, recognised by its sender where the sender says who it is, whatever the body looks like. */
export function recognisedBySender(format: PayloadFormat): PayloadFormat {
  return {
    ...format,
    recognises(body, headers) {
      const sender = senderOf(body, headers);
      return sender === undefined ? format.recognises(body, headers) : sender === format.id;
    },
  };
}
