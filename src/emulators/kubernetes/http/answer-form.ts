import type { ApiPath } from './api-path.ts';
import type { JsonMap, KubernetesObject } from '../objects/kubernetes-object.ts';
import { scaleOf } from '../objects/object-writes.ts';
import { inVersionOf } from '../objects/object-versions.ts';
import { apiVersionOf } from '../schema/resource-types.ts';
import { StatusError } from './status-error.ts';
import { type IncludedObject, toTable } from '../tables/table.ts';

/** In which form a client wants objects. */
export interface AnswerForm {
  readonly shape: 'whole' | 'table' | 'metadata';
  readonly asYaml: boolean;
  /** What of each object goes with its row of a table. */
  readonly included: IncludedObject;
}

const metadataVersion = 'meta.k8s.io/v1';
/** Protobuf is answered in JSON, which whoever reads protobuf reads too. */
const served = new Set(['*/*', 'application/*', 'application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf']);
const shapes: Readonly<Record<string, AnswerForm['shape']>> = {
  '': 'whole',
  PartialObjectMetadata: 'metadata',
  PartialObjectMetadataList: 'metadata',
  Table: 'table',
};

/** The first that a client accepts of what there is. @throws StatusError 406 if that is nothing. */
export function readAnswerForm(accept: string | undefined, query: URLSearchParams): AnswerForm {
  const given = query.get('includeObject');
  const included = given === 'None' || given === 'Object' ? given : 'Metadata';
  for (const range of (accept || '*/*').split(',')) {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim());
    const values = new URLSearchParams(parameters.join('&'));
    const name = values.get('as') ?? '';
    const shape = Object.hasOwn(shapes, name) ? shapes[name] : undefined;
    const isKnown = name === '' || (values.get('g') === 'meta.k8s.io' && /^v1(beta1)?$/.test(values.get('v') ?? ''));
    if (served.has(type.toLowerCase()) && shape && isKnown) return { shape, asYaml: type === 'application/yaml', included };
  }
  const types = 'application/json, application/yaml, application/vnd.kubernetes.protobuf';
  throw new StatusError(406, `only the following media types are accepted: ${types}`, {});
}

/** One object in the form that was asked for. */
export function inForm({ shape, included }: AnswerForm, path: ApiPath, object: KubernetesObject): unknown {
  const { resourceVersion } = object.metadata;
  if (shape === 'metadata') return metadataOf(object);
  if (shape === 'whole') return scaleOf(path, object) ?? inVersionOf(path, object);
  if (path.subresource !== 'scale') return toTable(path.type.kind, [object], { resourceVersion }, included);
  const { metadata, spec = {}, status = {} } = object;
  const scale = { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata, spec, status };
  return toTable('Scale', [scale], { resourceVersion }, included);
}

/** A collection in the form that was asked for. */
export function listInForm(
  { shape, included }: AnswerForm,
  path: ApiPath,
  items: readonly KubernetesObject[],
  metadata: JsonMap,
): unknown {
  const { kind } = path.type;
  if (shape === 'table') return toTable(kind, items, metadata, included);
  if (shape === 'metadata')
    return { kind: 'PartialObjectMetadataList', apiVersion: metadataVersion, metadata, items: items.map(metadataOf) };
  const apiVersion = path.apiVersion ?? apiVersionOf(path.type);
  return { kind: `${kind}List`, apiVersion, metadata, items: items.map((each) => inVersionOf(path, each)) };
}

function metadataOf({ metadata }: KubernetesObject): JsonMap {
  return { kind: 'PartialObjectMetadata', apiVersion: metadataVersion, metadata };
}
