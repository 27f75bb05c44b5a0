import type { JsonObject } from '../framework/json.ts';
import type { PayloadFormat, PayloadHeaders } from '../framework/payload-format.ts';
import { cdeventsTypes } from './cdevents.ts';
import { cloudEventOf } from './cloud-event.ts';
import { textAt } from './payload-parts.ts';

type Headers = readonly (readonly [header: string, format: string])[];

/** Headers that one sender alone sends, with the format of its bodies. Gitea and Forgejo send GitHub's beside their own. */
const ownHeaders: Headers = [
  ['x-gitea-event', 'gitea'],
  ['x-forgejo-event', 'gitea'],
  ['x-github-event', 'ghcr'],
  ['x-nexus-webhook-id', 'nexus'],
];

/** Headers of senders whose bodies may be what anybody has written: they tell only what the body itself does not. */
const carrierHeaders: Headers = [
  ['x-jfrog-event', 'artifactory'],
  ['x-jfrog-event-auth', 'artifactory'],
  ['x-amz-sns-message-type', 'ecr'],
  ['x-goog-pubsub-subscription-name', 'gar'],
];

/** CloudEvents whose types belong to a format of their own. */
const ownTypes: readonly (readonly [type: RegExp, format: string])[] = [
  [/^harbor\./, 'harbor'],
  [cdeventsTypes, 'cdevents'],
];

/** The format that headers or the envelope name beyond doubt; undefined where the body has to be looked at. */
function senderOf(body: JsonObject, headers: PayloadHeaders): string | undefined {
  const own = formatIn(ownHeaders, headers);
  if (own !== undefined) return own;
  const event = cloudEventOf(body, headers);
  if (event !== undefined) return ownTypes.find(([type]) => type.test(event.type))?.[1] ?? 'cloudevents';
  const isDistribution = textAt(headers, 'content-type').startsWith('application/vnd.docker.distribution.events.');
  return isDistribution ? 'distribution' : undefined;
}

function formatIn(known: Headers, headers: PayloadHeaders): string | undefined {
  return known.find(([header]) => textAt(headers, header) !== '')?.[1];
}

/**
 * The format, recognised by its sender where the sender says who it is, whatever the body looks like.
 * @param all the formats that may recognise the body instead.
 */
export function recognisedBySender(format: PayloadFormat, all: readonly PayloadFormat[]): PayloadFormat {
  return {
    ...format,
    recognises(body, headers) {
      const sender = senderOf(body, headers);
      if (sender !== undefined) return sender === format.id;
      if (format.recognises(body, headers)) return true;
      return formatIn(carrierHeaders, headers) === format.id && !all.some((one) => one.recognises(body, headers));
    },
  };
}
