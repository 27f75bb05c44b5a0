import { invalidValue } from './field-causes.ts';
import { isMap } from '../objects/kubernetes-object.ts';
import type { FieldCause } from '../http/status-error.ts';

const name = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const value = `(${name})?`;
const subdomain = '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*';
const patterns = { name: new RegExp(`^${name}$`), value: new RegExp(`^${value}$`), subdomain: new RegExp(`^${subdomain}$`) };

const nameRule = `must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '${name}')`;
const qualifiedRule = `a qualified name ${nameRule} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`;
const valueRule = `a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '${value}')`;
const prefixRule = `prefix part a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '${subdomain}')`;

/** What is wrong with the key of a label or an annotation, in the server's words; undefined if nothing is. */
export function labelKeyFault(key: string): string | undefined {
  const parts = key.split('/');
  if (parts.length > 2) return qualifiedRule;
  const [last = '', prefix] = parts.toReversed();
  if (prefix === '') return 'prefix part must be non-empty';
  if (prefix !== undefined && prefix.length > 253) return 'prefix part must be no more than 253 bytes';
  if (prefix !== undefined && !patterns.subdomain.test(prefix)) return prefixRule;
  if (last === '') return 'name part must be non-empty';
  if (last.length > 63) return 'name part must be no more than 63 bytes';
  return patterns.name.test(last) ? undefined : `name part ${nameRule}`;
}

/** What is wrong with the value of a label. */
export function labelValueFault(text: string): string | undefined {
  if (text.length > 63) return 'must be no more than 63 bytes';
  return patterns.value.test(text) ? undefined : valueRule;
}

/** @param field of a map from keys to values. */
export function labelCauses(field: string, labels: unknown): FieldCause[] {
  return Object.entries(isMap(labels) ? labels : {}).flatMap(([key, text]) => [
    ...cause(field, key, labelKeyFault(key)),
    ...cause(field, text, labelValueFault(String(text))),
  ]);
}

/** Values of annotations may be any text. */
export function annotationCauses(field: string, annotations: unknown): FieldCause[] {
  return Object.keys(isMap(annotations) ? annotations : {}).flatMap((key) => cause(field, key, labelKeyFault(key.toLowerCase())));
}

function cause(field: string, found: unknown, fault: string | undefined): FieldCause[] {
  return fault === undefined ? [] : [invalidValue(field, found, fault)];
}
