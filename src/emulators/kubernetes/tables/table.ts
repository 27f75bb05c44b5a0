import type { JsonMap, KubernetesObject } from '../objects/kubernetes-object.ts';
import { columnsOf } from './table-columns.ts';

export type IncludedObject = 'None' | 'Metadata' | 'Object';

/** The columns that `kubectl get` prints; those of a priority above 0 only with `-o wide`. @param metadata the collection's. */
export function toTable(
  kind: string,
  objects: readonly KubernetesObject[],
  metadata: JsonMap,
  included: IncludedObject,
): Record<string, unknown> {
  const shown = columnsOf(kind);
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata,
    columnDefinitions: shown.map(({ name, wide }, index) => ({
      name,
      type: 'string',
      format: index === 0 ? 'name' : '',
      description: name,
      priority: wide ? 1 : 0,
    })),
    rows: objects.map((object) => ({
      cells: shown.map(({ value }) => value(object)),
      object: rowObject(object, included),
    })),
  };
}

function rowObject(object: KubernetesObject, included: IncludedObject): unknown {
  if (included === 'None') return null;
  if (included === 'Object') return object;
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata };
}
