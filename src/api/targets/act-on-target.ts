import type { TargetRecord } from '../../framework/deliveries/delivery-record.ts';
import { ServiceError } from '../../framework/errors.ts';
import { tryParseImageReference } from '../../framework/image-reference.ts';
import { ActionInput } from '../action-input.ts';
import { authorizeAction, type DeliveriesContext } from '../deliveries/deliveries-context.ts';
import { invalidField } from '../invalid-field.ts';
import type { Representation } from '../representation.ts';
import type { ApiRequest } from '../request.ts';
import { requireTarget } from './read-targets.ts';
import { toTargetResource } from './target-resource.ts';

/** Longest reference to an image: a name of 255 characters, a tag of 128 and a digest of 71, with their separators. */
export const maxImageLength = 512;
export const maxReasonLength = 1_000;
/** Every answer about a target has all its holds. */
const maxHolds = 500;

type Act = (context: DeliveriesContext, request: ApiRequest, by: string) => Promise<TargetRecord>;

const acts: ReadonlyMap<string, Act> = new Map([
  ['hold', hold],
  ['release', release],
]);

/** `POST /v1-webhooks/targets/<id>?action=hold|release` */
export async function actOnTarget(context: DeliveriesContext, request: ApiRequest): Promise<Representation> {
  const by = await authorizeAction(context, request);
  const name = request.query.get('action') ?? '';
  const act = acts.get(name);
  if (!act) throw new ServiceError('ActionNotAvailable', `A target has no action ${name}`, { fieldName: 'action' });
  return { status: 200, body: toTargetResource(await act(context, request, by), true, request.urls) };
}

/** Without an image nothing at all is deployed to the target. */
async function hold(context: DeliveriesContext, request: ApiRequest, by: string): Promise<TargetRecord> {
  const { projectId, id } = request;
  const input = await ActionInput.read(request, ['image', 'reason']);
  const image = input.text('image', maxImageLength) ?? '';
  if (image !== '' && !namesVersion(image))
    throw invalidField('image', 'an image with its tag or digest, such as acme/web:1.5.0');
  const { holds } = await requireTarget(context, request);
  // One that holds everything must always be possible.
  if (image !== '' && holds.length >= maxHolds && !holds.some((held) => held.image === image)) {
    throw new ServiceError('Conflict', `Target ${id} has ${holds.length} holds: release some, or hold all images`);
  }
  return context.deliveries.hold(projectId, id, { image, reason: input.text('reason', maxReasonLength) ?? '', by });
}

/**
 * Whether a text names one version of an image: a hold on anything else would hold nothing. Rancher runs images too whose names
 * are not those of references.
 */
function namesVersion(image: string): boolean {
  const reference = tryParseImageReference(image);
  if (reference === undefined) return /^\S+:[^\s:/]+$/.test(image);
  return reference.tag !== undefined || reference.digest !== undefined;
}

/** Without an image all holds of the target end. */
async function release(context: DeliveriesContext, request: ApiRequest, by: string): Promise<TargetRecord> {
  const { projectId, id } = request;
  const image = (await ActionInput.read(request, ['image'])).text('image', maxImageLength);
  const { holds } = await requireTarget(context, request);
  if (!holds.some((held) => image === undefined || held.image === image)) {
    const what = image === undefined ? 'not on hold' : image === '' ? 'not on hold as a whole' : `not on hold for ${image}`;
    throw new ServiceError('ActionNotAvailable', `Target ${id} is ${what}`, { fieldName: 'action' });
  }
  return context.deliveries.release(projectId, id, { by, ...(image !== undefined && { image }) });
}
