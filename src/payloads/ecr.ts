import type { JsonObject } from '../framework/json.ts';
import type { PayloadContents, PayloadFormat } from '../framework/payload-format.ts';
import { jsonIn } from './cloud-event.ts';
import { ignored, push } from './contents.ts';
import { nameAt } from './image-name.ts';
import { hasObject, partAt, shown, textAt, timeOf } from './payload-parts.ts';

/** What the hosts of AWS end with outside `amazonaws.com`, by the beginning of the region. */
const domains: readonly (readonly [region: string, domain: string])[] = [
  ['cn-', 'amazonaws.com.cn'],
  ['us-isob-', 'sc2s.sgov.gov'],
  ['us-isof-', 'csp.hci.ic.gov'],
  ['us-iso-', 'c2s.ic.gov'],
  ['eu-isoe-', 'cloud.adc-e.uk'],
  ['eusc-', 'amazonaws.eu'],
];

const actions: ReadonlyMap<string, string> = new Map([
  ['DELETE', 'an image was deleted'],
  ['REPLICATE', 'an image was replicated'],
]);

/**
 * Amazon ECR's events as EventBridge sends them, by itself or through SNS.
 * @see https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-eventbridge.html
 */
export const ecr: PayloadFormat = {
  id: 'ecr',

  recognises(body) {
    return textAt(body, 'source') === 'aws.ecr' || isNotification(body) || isOfEventBridge(body);
  },

  read(body) {
    if (!isNotification(body)) return contentsOfEvent(body);
    const type = textAt(body, 'Type');
    // The URL is not called from here: anybody could have it name any address.
    if (type === 'SubscriptionConfirmation') return ignored('SNS asks to confirm the subscription: open its SubscribeURL once');
    if (type !== 'Notification') return ignored(`SNS' message ${shown(type)} is not a notification`);
    const event = jsonIn(textAt(body, 'Message'));
    return event === undefined ? ignored('the message of SNS is no JSON object') : contentsOfEvent(event);
  },
};

/** The host of a registry; undefined where either is not there. */
export function ecrHost(account: string, region: string): string | undefined {
  if (account === '' || region === '') return undefined;
  const domain = domains.find(([prefix]) => region.startsWith(prefix))?.[1] ?? 'amazonaws.com';
  return `${account}.dkr.ecr.${region}.${domain}`;
}

/** The events of the other services of AWS have the same envelope, and get here by a rule that lets too much through. */
function isOfEventBridge(body: JsonObject): boolean {
  return textAt(body, 'source').startsWith('aws.') && textAt(body, 'detail-type') !== '' && hasObject(body, 'detail');
}

function isNotification(body: JsonObject): boolean {
  return textAt(body, 'Type') !== '' && textAt(body, 'TopicArn') !== '';
}

function contentsOfEvent(event: JsonObject): PayloadContents {
  if (textAt(event, 'source') !== 'aws.ecr') return ignored('the event is not one of Amazon ECR');
  const detailType = textAt(event, 'detail-type');
  const detail = partAt(event, 'detail');
  const repository = textAt(detail, 'repository-name');
  const about = {
    ...(repository !== '' && { name: nameAt(ecrHost(textAt(event, 'account'), textAt(event, 'region')), repository) }),
    tag: textAt(detail, 'image-tag'),
    digest: textAt(detail, 'image-digest'),
  };
  if (detailType !== '' && detailType !== 'ECR Image Action')
    return ignored(`the event ${shown(detailType)} is not a push`, about);
  const action = textAt(detail, 'action-type');
  if (action !== 'PUSH') return ignored(actions.get(action) ?? `the action ${shown(action)} is not a push`, about);
  const result = textAt(detail, 'result');
  if (result !== '' && result !== 'SUCCESS') return ignored(`the push ended with ${shown(result)}`, about);
  const { name } = about;
  if (name === undefined) return ignored('the push names no repository', about);
  const mediaTypes = [textAt(detail, 'artifact-media-type'), textAt(detail, 'manifest-media-type')];
  return push({ ...about, name, pushedAt: timeOf(textAt(event, 'time')), eventId: textAt(event, 'id'), mediaTypes });
}
