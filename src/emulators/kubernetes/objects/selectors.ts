import { type KubernetesObject, mapAt, numberOr, textOr } from './kubernetes-object.ts';
import { meets, parseLabelQuery } from './label-query.ts';
import { type ResourceType } from '../schema/resource-types.ts';
import { StatusError } from '../http/status-error.ts';

type Test = (object: KubernetesObject) => boolean;
type Read = (object: KubernetesObject) => string | number | boolean;

/** `labelSelector` and `fieldSelector` of a query. @throws StatusError 400 for one that cannot be read. */
export function selectorsOf(type: ResourceType, query: URLSearchParams): Test {
  const requirements = parseLabelQuery(query.get('labelSelector') ?? '');
  const tests = fieldTests(type, query.get('fieldSelector') ?? '');
  return (object) => requirements.every((each) => meets(each, object.metadata.labels)) && tests.every((test) => test(object));
}

function fieldTests(type: ResourceType, text: string): Test[] {
  return text
    .split(',')
    .filter((part) => part !== '')
    .map((part) => {
      const [, field = '', operator = '', value = ''] = /^([\w.]+)(==|=|!=)(.*)$/.exec(part) ?? [];
      if (operator === '') throw new StatusError(400, `invalid selector: '${text}'; can't understand '${part}'`);
      const read = readerOf(type, field);
      return (object: KubernetesObject) => (String(read(object)) === value) === (operator !== '!=');
    });
}

/** @throws StatusError 400 for a field that objects of the type are not selected by. */
function readerOf(type: ResourceType, field: string): Read {
  const own = fields[type.kind];
  const common: Readonly<Record<string, Read>> = {
    'metadata.name': ({ metadata }) => metadata.name,
    ...(type.namespaced && { 'metadata.namespace': ({ metadata }: KubernetesObject) => metadata.namespace ?? '' }),
  };
  const known = { ...common, ...own };
  const read = Object.hasOwn(known, field) ? known[field] : undefined;
  if (read) return read;
  const names = Object.keys(common).map((each) => JSON.stringify(each));
  const plain = `${JSON.stringify(field)} is not a known field selector: only ${names.join(', ')}`;
  throw new StatusError(400, own ? `field label not supported: ${field}` : plain);
}

function at(...path: readonly string[]): Read {
  return (object) => textOr(mapAt(object, ...path.slice(0, -1))[path.at(-1) ?? '']);
}

/** Beside name and namespace. Source: the field label conversions in kubernetes/pkg/apis. */
const fields: Readonly<Record<string, Readonly<Record<string, Read>>>> = {
  Event: {
    ...Object.fromEntries(
      ['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'].map((name) => [
        `involvedObject.${name}`,
        at('involvedObject', name),
      ]),
    ),
    reason: at('reason'),
    reportingComponent: at('reportingComponent'),
    source: (event) => textOr(mapAt(event, 'source')['component'], textOr(event['reportingComponent'])),
    type: at('type'),
  },
  Job: { 'status.successful': ({ status }) => numberOr(status?.['succeeded'], 0) },
  Namespace: { 'status.phase': at('status', 'phase') },
  Node: { 'spec.unschedulable': ({ spec }) => spec?.['unschedulable'] === true },
  Pod: {
    'spec.nodeName': at('spec', 'nodeName'),
    'spec.restartPolicy': at('spec', 'restartPolicy'),
    'spec.schedulerName': at('spec', 'schedulerName'),
    'spec.serviceAccountName': at('spec', 'serviceAccountName'),
    'spec.hostNetwork': ({ spec }) => spec?.['hostNetwork'] === true,
    'status.phase': at('status', 'phase'),
    'status.podIP': at('status', 'podIP'),
    'status.nominatedNodeName': at('status', 'nominatedNodeName'),
  },
  ReplicaSet: { 'status.replicas': ({ status }) => numberOr(status?.['replicas'], 0) },
  Secret: { type: at('type') },
};
