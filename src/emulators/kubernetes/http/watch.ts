import type { ServerResponse } from 'node:http';
import { type AnswerForm, inForm } from './answer-form.ts';
import type { ApiPath } from './api-path.ts';
import type { EmulatorFaults } from '../emulator-faults.ts';
import type { KubernetesObject } from '../objects/kubernetes-object.ts';
import type { ObjectStore, StoreEvent } from '../objects/object-store.ts';
import { apiVersionOf } from '../schema/resource-types.ts';
import { readNumber, readResourceVersion } from './read-number.ts';
import { selectorsOf } from '../objects/selectors.ts';
import { StatusError } from './status-error.ts';

/** The longest that a watch stays open, seconds. */
const longestSeconds = 1_800;

export interface WatchRequest {
  readonly path: ApiPath;
  readonly query: URLSearchParams;
  readonly form: AnswerForm;
}

/** Answers a watch: one JSON object a line, until its time is over or the client leaves. */
export function serveWatch(
  store: ObjectStore,
  faults: EmulatorFaults,
  { path, query, form }: WatchRequest,
  response: ServerResponse,
): void {
  const { type, namespace, name } = path;
  const selects = selectorsOf(type, query);
  const matches = (object: KubernetesObject): boolean =>
    (namespace === '' || object.metadata.namespace === namespace) &&
    (name === '' || object.metadata.name === name) &&
    selects(object);
  const send = (kind: string, object: unknown): void => {
    if (!faults.watchesAreSilent) response.write(`${JSON.stringify({ type: kind, object })}\n`);
  };
  const shown = (object: KubernetesObject): unknown => inForm(form, path, object);
  const tell = ({ type: kind, object, before, resourceType }: StoreEvent): void => {
    if (resourceType !== type) return;
    const did = before !== undefined && matches(before);
    const does = kind !== 'DELETED' && matches(object);
    if (does) send(did ? 'MODIFIED' : 'ADDED', shown(object));
    else if (did) send('DELETED', shown(object));
  };

  const bookmark = (annotations?: Record<string, string>): void =>
    send('BOOKMARK', {
      kind: type.kind,
      apiVersion: path.apiVersion ?? apiVersionOf(type),
      metadata: { resourceVersion: store.resourceVersion, creationTimestamp: null, ...(annotations && { annotations }) },
    });
  const since = readResourceVersion(query);
  const given = readNumber(query, 'timeoutSeconds') ?? 0;
  const seconds = given > 0 ? Math.min(given, longestSeconds) : longestSeconds;
  const sendsInitial = query.get('sendInitialEvents') === 'true';
  if (sendsInitial && query.get('resourceVersionMatch') !== 'NotOlderThan') throw matchNeeded();

  response.writeHead(200, { 'Content-Type': 'application/json' });
  response.flushHeaders();
  try {
    if (since === 0 || sendsInitial)
      for (const object of store.list(type, namespace).filter(matches))
        tell({ type: 'ADDED', object, resourceType: type, resourceVersion: 0 });
    else for (const event of store.since(type, since)) tell(event);
    if (sendsInitial) bookmark({ 'k8s.io/initial-events-end': 'true' });
  } catch (thrown) {
    if (!(thrown instanceof StatusError)) throw thrown;
    send('ERROR', thrown.toStatus());
    response.end();
    return;
  }
  const stopListening = store.onEvent(tell);
  const end = setTimeout(() => {
    if (query.get('allowWatchBookmarks') === 'true') bookmark();
    response.end();
  }, seconds * 1000);
  response.once('close', () => {
    stopListening();
    clearTimeout(end.unref());
  });
}

function matchNeeded(): StatusError {
  const message = 'Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan';
  const cause = { reason: 'FieldValueForbidden', message, field: 'resourceVersionMatch' };
  const details = { group: 'meta.k8s.io', kind: 'ListOptions', causes: [cause] };
  return new StatusError(422, `ListOptions.meta.k8s.io "" is invalid: ${cause.field}: ${message}`, details);
}
