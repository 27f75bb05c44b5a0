import type { ApiPath } from '../http/api-path.ts';
import { isMap, type JsonMap, listAt, mapAt } from './kubernetes-object.ts';
import { apiVersionOf } from '../schema/resource-types.ts';

/** What an absent number of the old API meant: without limit. */
const unlimited = 0x7fff_ffff;

/** The object as the version of the path has it. */
export function inVersionOf({ apiVersion, type }: ApiPath, object: JsonMap): JsonMap {
  if (apiVersion === undefined || object['apiVersion'] !== apiVersionOf(type)) return object;
  return { ...(apiVersion === 'autoscaling/v1' ? oldAutoscaler(object) : object), apiVersion };
}

/**
 * What a client wrote in the version of the path, in the one that is stored.
 * @param isComplete false for a part of an object, which gets no defaults.
 */
export function inStoredVersion({ apiVersion, type }: ApiPath, given: JsonMap, isComplete = true): JsonMap {
  if (apiVersion === undefined) return given;
  const content = apiVersion === 'autoscaling/v1' ? newAutoscaler(given) : given;
  const stored = { ...content, ...(content['apiVersion'] !== undefined && { apiVersion: apiVersionOf(type) }) };
  return isComplete ? withOldDefaults(apiVersion, type.kind, stored) : stored;
}

function oldAutoscaler(object: JsonMap): JsonMap {
  const { metrics, behavior: _behavior, ...spec } = mapAt(object, 'spec');
  const { currentMetrics: _metrics, conditions: _conditions, ...status } = mapAt(object, 'status');
  const cpu = (Array.isArray(metrics) ? metrics.filter(isMap) : []).find(isCpu);
  const target = mapAt(cpu, 'resource', 'target')['averageUtilization'];
  return {
    ...object,
    spec: { ...spec, ...(target !== undefined && { targetCPUUtilizationPercentage: target }) },
    status: { currentReplicas: 0, ...status },
  };
}

function newAutoscaler(object: JsonMap): JsonMap {
  const { targetCPUUtilizationPercentage: target, ...spec } = mapAt(object, 'spec');
  if (target === undefined) return object;
  const resource = { name: 'cpu', target: { type: 'Utilization', averageUtilization: target } };
  return { ...object, spec: { ...spec, metrics: [{ type: 'Resource', resource }] } };
}

function isCpu(metric: JsonMap): boolean {
  return metric['type'] === 'Resource' && mapAt(metric, 'resource')['name'] === 'cpu';
}

/** The defaults that apps/v1 has changed: a selector may be left out, and old pods may stay. */
function withOldDefaults(apiVersion: string, kind: string, object: JsonMap): JsonMap {
  const isExtensions = apiVersion === 'extensions/v1beta1';
  if (!isExtensions && apiVersion !== 'apps/v1beta1') return object;
  const labels = mapAt(object, 'spec', 'template', 'metadata', 'labels');
  const spec: JsonMap = { selector: { matchLabels: labels }, ...mapAt(object, 'spec') };
  const isSelective =
    Object.keys(mapAt(spec, 'selector', 'matchLabels')).length + listAt(spec, 'selector', 'matchExpressions').length;
  if (isSelective === 0) spec['selector'] = { matchLabels: labels };
  if (kind === 'Deployment') return { ...object, spec: { ...oldDeployment(isExtensions), ...spec } };
  const onDelete = { updateStrategy: { type: 'OnDelete' } };
  return kind === 'StatefulSet' || kind === 'DaemonSet' ? { ...object, spec: { ...onDelete, ...spec } } : { ...object, spec };
}

function oldDeployment(isExtensions: boolean): JsonMap {
  if (!isExtensions) return { revisionHistoryLimit: 2 };
  const strategy = { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 1 } };
  return { revisionHistoryLimit: unlimited, progressDeadlineSeconds: unlimited, strategy };
}
