import { isDeepStrictEqual } from 'node:util';
import { invalidValue } from './field-causes.ts';
import { isMap, type JsonMap, type KubernetesObject } from '../objects/kubernetes-object.ts';
import type { FieldCause } from '../http/status-error.ts';

const keyPattern = /^[-._a-zA-Z0-9]+$/;
const keyRule = `a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')`;
const mostBytes = 1_048_576;
const parts = ['data', 'binaryData'] as const;

/** The texts of a ConfigMap, or of a Secret in base64. */
export function dataCauses(object: KubernetesObject, before: KubernetesObject | undefined): FieldCause[] {
  const isSecret = object.kind === 'Secret';
  const entries = parts.flatMap((part) => Object.entries(mapOf(object[part])));
  const isKey = (key: string): boolean => key.length <= 253 && key !== '.' && !key.startsWith('..') && keyPattern.test(key);
  const causes = entries.filter(([key]) => !isKey(key)).map(([key]) => invalidValue(`data[${key}]`, key, keyRule));
  const changed = parts.filter((part) => !isDeepStrictEqual(mapOf(object[part]), mapOf(before?.[part])));
  if (before?.['immutable'] === true)
    for (const field of changed) causes.push({ field, message: 'Forbidden: field is immutable when `immutable` is set' });
  const sizes = entries.map(([, value]) => Buffer.byteLength(String(value), isSecret ? 'base64' : 'utf8'));
  if (sizes.reduce((total, size) => total + size, 0) > mostBytes)
    causes.push({ field: isSecret ? 'data' : '[]', message: `Too long: may not be more than ${mostBytes} bytes` });
  return causes;
}

function mapOf(value: unknown): JsonMap {
  return isMap(value) ? value : {};
}
