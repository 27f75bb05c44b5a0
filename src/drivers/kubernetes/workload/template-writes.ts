import type { ActionContext } from '../../../framework/driver.ts';
import type { UpdateStrategy, Workload } from '../cluster/kubernetes-objects.ts';
import { formerImages, newImages, type PlannedUpdate } from '../planned-update.ts';
import { templateContainers, templateHash } from './pod-template.ts';
import { strategyOf, templateOf } from './workload.ts';
import { actionAnnotation, rollBackAnnotations, rolledBackAnnotation, updateAnnotations } from './write-annotations.ts';
import { putBackReason } from './write-record.ts';
import type { TemplateWrite } from './write-template.ts';

/**
 * The write that brings the planned images.
 * @param wasWritten true where an earlier attempt is known to have brought them.
 */
export function updateWrite(update: PlannedUpdate, context: ActionContext, wasWritten: boolean): TemplateWrite {
  return {
    kind: update.kind,
    namespace: update.namespace,
    name: update.name,
    uid: update.read.uid,
    images: update.changes,
    ...(update.restartedAt !== undefined && { restartedAt: update.restartedAt }),
    ...(update.strategy && { strategy: update.strategy }),
    annotations: updateAnnotations(update, context.delivery),
    beforeWrite: () => context.beforeWrite(`write ${newImages(update)}`),
    // The images are put back but not by us: whoever did that does not want them.
    objection: ({ metadata }) =>
      wasWritten || metadata?.annotations?.[actionAnnotation] === update.id ? putBackReason(formerImages(update)) : undefined,
  };
}

/** What a write left, and how pods were replaced before it. */
export interface Written {
  readonly object: Workload;
  readonly strategy?: UpdateStrategy;
}

/** Back to the former images, but only from the very template that was written: later changes are somebody else's. */
export function rollBackWrite(
  update: PlannedUpdate,
  context: ActionContext,
  { object, strategy }: Written,
  failure: string,
): TemplateWrite {
  const hash = templateHash(object);
  const only = strategyOf(update.kind, object);
  return {
    kind: update.kind,
    namespace: update.namespace,
    name: update.name,
    uid: update.read.uid,
    images: update.changes.map(({ container, init, from, to }) => ({ container, init, from: to, to: from })),
    ...(update.strategy && strategy && { strategy: { to: strategy, ...(only && { only }) } }),
    annotations: rollBackAnnotations(update, context.delivery, failure),
    beforeWrite: () => context.beforeWrite(`roll back to ${formerImages(update)}`),
    objection: (found) => (templateHash(found) === hash ? undefined : 'somebody else changed the pod template'),
  };
}

/** True after a crash between the rollback's write and its end. */
export function isRollingBack(workload: Workload, { id, changes }: PlannedUpdate): boolean {
  if (workload.metadata?.annotations?.[rolledBackAnnotation] !== id) return false;
  const containers = templateContainers(templateOf(workload));
  return changes.every(({ container, from }) => containers.some(({ name, image }) => name === container && image === from));
}
