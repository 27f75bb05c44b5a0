import { isDeepStrictEqual } from 'node:util';
import { amountCauses, invalidValue, required, unsupported, wholeNumber } from './field-causes.ts';
import { type KubernetesObject, listAt, mapAt, numberOr, textOr } from '../objects/kubernetes-object.ts';
import type { FieldCause } from '../http/status-error.ts';

const firstNodePort = 30_000;
const lastNodePort = 32_767;
const serviceTypes = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];

export function serviceCauses({ spec = {} }: KubernetesObject, before: KubernetesObject | undefined): FieldCause[] {
  const causes: FieldCause[] = [];
  const ports = listAt(spec, 'ports');
  const isPlain = spec['type'] !== 'ExternalName' && spec['clusterIP'] !== 'None';
  if (ports.length === 0 && isPlain) causes.push(required('spec.ports'));
  ports.forEach((port, index) => {
    const at = `spec.ports[${index}]`;
    if (ports.length > 1 && textOr(port['name']) === '') causes.push(required(`${at}.name`));
    causes.push(...portCauses(`${at}.port`, port['port']));
    causes.push(...nodePortCauses(`${at}.nodePort`, port['nodePort']));
    if (typeof port['targetPort'] === 'number') causes.push(...portCauses(`${at}.targetPort`, port['targetPort']));
  });
  if (!serviceTypes.includes(textOr(spec['type']))) causes.push(unsupported('spec.type', spec['type'], serviceTypes));
  if (spec['type'] === 'ExternalName' && textOr(spec['externalName']) === '') causes.push(required('spec.externalName'));
  const [addresses, former] = [spec['clusterIPs'], before?.spec?.['clusterIPs']];
  if (former !== undefined && addresses !== undefined && !isDeepStrictEqual(addresses, former))
    causes.push(invalidValue('spec.clusterIPs[0]', addresses, 'may not change once set'));
  return causes;
}

function portCauses(field: string, port: unknown): FieldCause[] {
  if (numberOr(port, 0) > 0 && numberOr(port, 0) < 65_536) return [];
  return [invalidValue(field, port ?? 0, 'must be between 1 and 65535, inclusive')];
}

function nodePortCauses(field: string, port: unknown): FieldCause[] {
  if (typeof port !== 'number' || port === 0 || (port >= firstNodePort && port <= lastNodePort)) return [];
  const range = `The range of valid ports is ${firstNodePort}-${lastNodePort}`;
  return [invalidValue(field, port, `provided port is not in the valid range. ${range}`)];
}

export function hpaCauses({ spec = {} }: KubernetesObject): FieldCause[] {
  const causes: FieldCause[] = [];
  const [least, most] = [numberOr(spec['minReplicas'], 1), numberOr(spec['maxReplicas'], 0)];
  if (least < 1) causes.push(invalidValue('spec.minReplicas', least, 'must be greater than or equal to 1'));
  if (most < 1) causes.push(invalidValue('spec.maxReplicas', most, 'must be greater than 0'));
  else if (most < least) causes.push(invalidValue('spec.maxReplicas', most, 'must be greater than or equal to `minReplicas`'));
  for (const name of ['kind', 'name'])
    if (textOr(mapAt(spec, 'scaleTargetRef')[name]) === '') causes.push(required(`spec.scaleTargetRef.${name}`));
  return causes;
}

export function budgetCauses({ spec = {} }: KubernetesObject): FieldCause[] {
  const { minAvailable, maxUnavailable, selector } = spec;
  if (minAvailable !== undefined && maxUnavailable !== undefined) {
    const shown = {
      MinAvailable: minAvailable,
      Selector: selector ?? null,
      MaxUnavailable: maxUnavailable,
      UnhealthyPodEvictionPolicy: spec['unhealthyPodEvictionPolicy'] ?? null,
    };
    return [invalidValue('spec', shown, 'minAvailable and maxUnavailable cannot be both set')];
  }
  return [
    ...(typeof minAvailable === 'number'
      ? wholeNumber('spec.minAvailable', minAvailable)
      : amountCauses('spec.minAvailable', minAvailable)),
    ...amountCauses('spec.maxUnavailable', maxUnavailable),
  ];
}
