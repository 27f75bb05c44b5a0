import { invalidValue, required } from './field-causes.ts';
import { annotationCauses, labelCauses } from './label-rules.ts';
import { type KubernetesObject, mapAt } from '../objects/kubernetes-object.ts';
import type { FieldCause } from '../http/status-error.ts';
import { budgetCauses, hpaCauses, serviceCauses } from './validate-services.ts';
import { dataCauses } from './validate-data.ts';
import { podCauses, podUpdateCauses } from './validate-pods.ts';
import {
  cronJobCauses,
  daemonSetCauses,
  deploymentCauses,
  jobCauses,
  statefulSetCauses,
  workloadCauses,
} from './validate-workloads.ts';

const label = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const subdomain = `${label}(\\.${label})*`;
const subdomainRule = `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '${subdomain}')`;
const serviceName = '[a-z]([-a-z0-9]*[a-z0-9])?';
const serviceRule = `a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '${serviceName}')`;
const labelRule = `a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '${label}')`;
const nameRules: Readonly<Record<string, readonly [rule: string, pattern: string, longest: number]>> = {
  Namespace: [labelRule, label, 63],
  Service: [serviceRule, serviceName, 63],
};
/** Kinds whose names have a rule of their own, which allows nearly anything. */
const freelyNamed = new Set(['Role', 'RoleBinding', 'ClusterRole', 'ClusterRoleBinding']);

type Check = (object: KubernetesObject, before: KubernetesObject | undefined) => FieldCause[];

const checks: Readonly<Record<string, readonly Check[]>> = {
  Pod: [(object) => podCauses('spec', mapAt(object, 'spec')), podUpdateCauses],
  Deployment: [workloadCauses, ({ spec }) => deploymentCauses(spec ?? {})],
  ReplicaSet: [workloadCauses],
  StatefulSet: [workloadCauses, statefulSetCauses],
  DaemonSet: [workloadCauses, daemonSetCauses],
  Job: [jobCauses],
  CronJob: [cronJobCauses],
  Service: [serviceCauses],
  HorizontalPodAutoscaler: [hpaCauses],
  PodDisruptionBudget: [budgetCauses],
  ConfigMap: [dataCauses],
  Secret: [dataCauses],
};

/** What the API server would not take, in its words. @param before absent for a new object. */
export function validateObject(object: KubernetesObject, before: KubernetesObject | undefined): FieldCause[] {
  return [...metadataCauses(object), ...(checks[object.kind] ?? []).flatMap((check) => check(object, before))];
}

function metadataCauses({ kind, metadata }: KubernetesObject): FieldCause[] {
  return [
    ...nameCauses(kind, metadata.name),
    ...labelCauses('metadata.labels', metadata.labels),
    ...annotationCauses('metadata.annotations', metadata.annotations),
  ];
}

function nameCauses(kind: string, name: string): FieldCause[] {
  if (name === '') return [required('metadata.name', 'name or generateName is required')];
  if (freelyNamed.has(kind)) return [];
  const [rule, pattern, longest] = nameRules[kind] ?? [subdomainRule, subdomain, 253];
  if (name.length > longest) return [invalidValue('metadata.name', name, `must be no more than ${longest} bytes`)];
  return new RegExp(`^${pattern}$`).test(name) ? [] : [invalidValue('metadata.name', name, rule)];
}
