import type { KubernetesObject } from './kubernetes-object.ts';
import { columnsOf } from './table-columns.ts';

/** The columns that `kubectl get` prints; those of a priority above 0 only with `-o wide`. */
export function toTable(kind: string, objects: readonly KubernetesObject[], resourceVersion: string): Record<string, unknown> {
  const shown = columnsOf(kind);
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata: { resourceVersion },
    columnDefinitions: shown.map(({ name, wide }, index) => ({
      name,
      type: 'string',
      format: index === 0 ? 'name' : '',
      description: name,
      priority: wide ? 1 : 0,
    })),
    rows: objects.map((object) => ({
      cells: shown.map(({ value }) => value(object)),
      object: { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata },
    })),
  };
}
