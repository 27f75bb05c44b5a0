import type { TargetRecord } from '../../framework/deliveries/delivery-record.ts';
import { ServiceError } from '../../framework/errors.ts';
import { authorizeRead, type DeliveriesContext } from '../deliveries/deliveries-context.ts';
import { invalidField } from '../invalid-field.ts';
import { parsePage, toCollection } from '../paging.ts';
import type { Representation } from '../representation.ts';
import type { ApiRequest } from '../request.ts';
import { toTargetResource } from './target-resource.ts';

/** `GET /v1-webhooks/targets`, by `name` and `held` if those are given. */
export async function listTargets(context: DeliveriesContext, request: ApiRequest): Promise<Representation> {
  const { mayWrite } = await authorizeRead(context, request);
  const { projectId, query, urls } = request;
  const page = parsePage(query, /^1wt[1-9]\d{0,14}$/);
  const name = query.get('name');
  const held = parseHeld(query.get('held'));
  const all = await context.deliveries.listTargets(projectId);
  const matching = all.filter(
    (target) => (name === null || target.name === name) && (held === undefined || target.holds.length > 0 === held),
  );
  const { marker } = page;
  const start = marker === undefined ? 0 : matching.findIndex(({ id }) => isAfter(id, marker));
  const body = toCollection(request, {
    resourceType: 'target',
    page,
    found: start < 0 ? [] : matching.slice(start, start + page.limit + 1),
    markerOf: ({ id }) => id,
    toResource: (target) => toTargetResource(target, mayWrite, urls),
    more: { filters: { name: shown(name), held: shown(query.get('held')) } },
  });
  return { status: 200, body };
}

/** `GET /v1-webhooks/targets/<id>` */
export async function getTarget(context: DeliveriesContext, request: ApiRequest): Promise<Representation> {
  const { mayWrite } = await authorizeRead(context, request);
  return { status: 200, body: toTargetResource(await requireTarget(context, request), mayWrite, request.urls) };
}

/** The target that the request names. @throws ServiceError `NotFound` */
export async function requireTarget({ deliveries }: DeliveriesContext, { projectId, id }: ApiRequest): Promise<TargetRecord> {
  const target = await deliveries.getTarget(projectId, id);
  if (!target) throw new ServiceError('NotFound', `There is no target ${id}`);
  return target;
}

function parseHeld(text: string | null): boolean | undefined {
  if (text === null) return undefined;
  if (text !== 'true' && text !== 'false') throw invalidField('held', 'true or false');
  return text === 'true';
}

/** Ids grow by their number: the longer of two is the later. */
function isAfter(id: string, marker: string): boolean {
  return id.length === marker.length ? id > marker : id.length > marker.length;
}

function shown(value: string | null): readonly object[] | null {
  return value === null ? null : [{ modifier: 'eq', value }];
}
