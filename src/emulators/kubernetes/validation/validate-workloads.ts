import { isDeepStrictEqual } from 'node:util';
import { amountCauses, invalidValue, required, unsupported, wholeNumber } from './field-causes.ts';
import { labelCauses } from './label-rules.ts';
import { type JsonMap, type KubernetesObject, listAt, mapAt, numberOr, textOr } from '../objects/kubernetes-object.ts';
import { cronScheduleFault } from '../controllers/cron-schedule.ts';
import type { FieldCause } from '../http/status-error.ts';
import { podCauses } from './validate-pods.ts';

/** Of a kind that keeps pods running. */
export function workloadCauses({ kind, spec = {} }: KubernetesObject, before: KubernetesObject | undefined): FieldCause[] {
  const causes = wholeNumber('spec.replicas', spec['replicas'] ?? 1);
  const selector = mapAt(spec, 'selector');
  const labels = mapAt(spec, 'template', 'metadata', 'labels');
  const isEmpty = Object.keys(mapAt(selector, 'matchLabels')).length === 0 && listAt(selector, 'matchExpressions').length === 0;
  if (isEmpty) causes.push(required('spec.selector'));
  const fits = Object.entries(mapAt(selector, 'matchLabels')).every(([name, value]) => labels[name] === value);
  const invalid = labelCauses('spec.selector.matchLabels', selector['matchLabels']);
  if (invalid.length > 0) causes.push(...invalid, invalidValue('spec.selector', selector, 'invalid label selector'));
  else if (!fits || isEmpty)
    causes.push(
      invalidValue(
        'spec.template.metadata.labels',
        Object.keys(labels).length === 0 ? null : labels,
        '`selector` does not match template `labels`',
      ),
    );
  if (invalid.length === 0) causes.push(...labelCauses('spec.template.labels', labels));
  const claims = listAt(spec, 'volumeClaimTemplates').map((claim) => mapAt(claim, 'metadata')['name']);
  causes.push(...podCauses('spec.template.spec', mapAt(spec, 'template', 'spec'), claims));
  const policy = mapAt(spec, 'template', 'spec')['restartPolicy'];
  if (policy !== 'Always') causes.push(unsupported('spec.template.spec.restartPolicy', policy, ['Always']));
  const isFixed = before !== undefined && kind !== 'StatefulSet';
  if (isFixed && !isDeepStrictEqual(mapAt(before.spec, 'selector'), selector))
    causes.push(invalidValue('spec.selector', selector, 'field is immutable'));
  return causes;
}

export function deploymentCauses(spec: JsonMap): FieldCause[] {
  const causes: FieldCause[] = [];
  const strategy = mapAt(spec, 'strategy');
  const rolling = mapAt(strategy, 'rollingUpdate');
  if (strategy['type'] === 'Recreate' && strategy['rollingUpdate'] !== undefined)
    causes.push({
      field: 'spec.strategy.rollingUpdate',
      message: "Forbidden: may not be specified when strategy `type` is 'Recreate'",
    });
  if (strategy['type'] !== 'Recreate' && strategy['type'] !== 'RollingUpdate')
    causes.push(
      unsupported('spec.strategy', { Type: strategy['type'] ?? '', RollingUpdate: strategy['rollingUpdate'] ?? null }, [
        'Recreate',
        'RollingUpdate',
      ]),
    );
  for (const name of ['maxSurge', 'maxUnavailable'] as const)
    causes.push(...amountCauses(`spec.strategy.rollingUpdate.${name}`, rolling[name]));
  const isNothing = (value: unknown): boolean => value === 0 || value === '0%';
  if (isNothing(rolling['maxSurge']) && isNothing(rolling['maxUnavailable']))
    causes.push(
      invalidValue('spec.strategy.rollingUpdate.maxUnavailable', rolling['maxUnavailable'], 'may not be 0 when `maxSurge` is 0'),
    );
  for (const name of ['minReadySeconds', 'revisionHistoryLimit', 'progressDeadlineSeconds'] as const)
    causes.push(...wholeNumber(`spec.${name}`, spec[name] ?? 0));
  const deadline = spec['progressDeadlineSeconds'];
  if (typeof deadline === 'number' && deadline <= numberOr(spec['minReadySeconds'], 0))
    causes.push(invalidValue('spec.progressDeadlineSeconds', deadline, 'must be greater than minReadySeconds'));
  return causes;
}

/** What of a StatefulSet's spec may change. */
const changeable = [
  'replicas',
  'ordinals',
  'template',
  'updateStrategy',
  'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy',
  'minReadySeconds',
];

export function statefulSetCauses({ spec = {} }: KubernetesObject, before: KubernetesObject | undefined): FieldCause[] {
  const causes: FieldCause[] = [];
  const policy = spec['podManagementPolicy'];
  const policies = ['OrderedReady', 'Parallel'];
  if (!policies.includes(String(policy))) causes.push(unsupported('spec.podManagementPolicy', policy, policies));
  const strategy = mapAt(spec, 'updateStrategy');
  causes.push(...strategyCauses(strategy['type']));
  causes.push(...wholeNumber('spec.updateStrategy.rollingUpdate.partition', mapAt(strategy, 'rollingUpdate')['partition'] ?? 0));
  const fixed = (value: JsonMap): JsonMap =>
    Object.fromEntries(Object.entries(value).filter(([name]) => !changeable.includes(name)));
  const names = `'${changeable.slice(0, -1).join("', '")}' and '${changeable.at(-1)}'`;
  if (before && !isDeepStrictEqual(fixed(spec), fixed(before.spec ?? {})))
    causes.push({
      field: 'spec',
      message: `Forbidden: updates to statefulset spec for fields other than ${names} are forbidden`,
    });
  return causes;
}

export function daemonSetCauses({ spec = {} }: KubernetesObject): FieldCause[] {
  const strategy = mapAt(spec, 'updateStrategy');
  const { maxSurge, maxUnavailable } = mapAt(strategy, 'rollingUpdate');
  const at = 'spec.updateStrategy.rollingUpdate';
  const causes = [
    ...strategyCauses(strategy['type']),
    ...amountCauses(`${at}.maxUnavailable`, maxUnavailable),
    ...amountCauses(`${at}.maxSurge`, maxSurge),
  ];
  if (strategy['type'] === 'OnDelete') return causes;
  const isNothing = (value: unknown): boolean => value === 0 || value === '0%';
  if (isNothing(maxUnavailable) && isNothing(maxSurge))
    causes.push(required(`${at}.maxUnavailable`, 'cannot be 0 when maxSurge is 0'));
  if (!isNothing(maxUnavailable) && !isNothing(maxSurge))
    causes.push(invalidValue(`${at}.maxSurge`, maxSurge, 'may not be set when maxUnavailable is non-zero'));
  return causes;
}

function strategyCauses(type: unknown): FieldCause[] {
  const types = ['RollingUpdate', 'OnDelete'];
  if (types.includes(String(type))) return [];
  return [invalidValue('spec.updateStrategy', { type }, "must be 'RollingUpdate' or 'OnDelete'")];
}

export function jobCauses({ spec = {} }: KubernetesObject, before: KubernetesObject | undefined): FieldCause[] {
  const causes = jobSpecCauses('spec', spec);
  for (const name of ['selector', 'template', 'completionMode'])
    if (before && !isDeepStrictEqual(spec[name], before.spec?.[name]))
      causes.push(invalidValue(`spec.${name}`, spec[name], 'field is immutable'));
  return causes;
}

export function cronJobCauses({ spec = {} }: KubernetesObject): FieldCause[] {
  const schedule = textOr(spec['schedule']);
  const fault = schedule === '' ? undefined : cronScheduleFault(schedule);
  const policies = ['Allow', 'Forbid', 'Replace'];
  return [
    ...(schedule === '' ? [required('spec.schedule')] : []),
    ...(fault === undefined ? [] : [invalidValue('spec.schedule', schedule, fault)]),
    ...(policies.includes(String(spec['concurrencyPolicy']))
      ? []
      : [unsupported('spec.concurrencyPolicy', spec['concurrencyPolicy'], policies)]),
    ...jobSpecCauses('spec.jobTemplate.spec', mapAt(spec, 'jobTemplate', 'spec')),
  ];
}

function jobSpecCauses(at: string, spec: JsonMap): FieldCause[] {
  const causes = ['parallelism', 'completions', 'backoffLimit'].flatMap((name) => wholeNumber(`${at}.${name}`, spec[name] ?? 0));
  const pod = mapAt(spec, 'template', 'spec');
  causes.push(...podCauses(`${at}.template.spec`, pod));
  if (pod['restartPolicy'] === 'Always')
    causes.push(required(`${at}.template.spec.restartPolicy`, 'valid values: "OnFailure", "Never"'));
  return causes;
}
