import type { ServerResponse } from 'node:http';
import { mapAt } from '../objects/kubernetes-object.ts';
import { StatusError } from './status-error.ts';
import type { FieldValidation } from '../validation/unknown-fields.ts';

const longestWarning = 256;
const longestWarnings = 4_096;

/**
 * Whether a request is to change nothing.
 * @param options a DeleteOptions, where the body has one.
 * @throws StatusError 422
 */
export function readDryRun(query: URLSearchParams, options?: unknown): boolean {
  const own = mapAt({ options }, 'options')['dryRun'];
  const given = [...query.getAll('dryRun'), ...(Array.isArray(own) ? own : [])].filter((text) => text !== '');
  if (given.every((text) => text === 'All')) return given.length > 0;
  const message = `Unsupported value: ${JSON.stringify(given)}: supported values: "All"`;
  const cause = { reason: 'FieldValueNotSupported', message, field: 'dryRun' };
  const details = { group: 'meta.k8s.io', kind: 'WriteOptions', causes: [cause] };
  throw new StatusError(422, `WriteOptions.meta.k8s.io "" is invalid: ${cause.field}: ${message}`, details);
}

/** What a request says is to be done about unknown fields. @throws StatusError 422 */
export function readFieldValidation(query: URLSearchParams): FieldValidation {
  const text = query.get('fieldValidation') || 'Warn';
  if (text === 'Strict' || text === 'Warn' || text === 'Ignore') return text;
  const message = `Unsupported value: ${JSON.stringify(text)}: supported values: "", "Ignore", "Strict", "Warn"`;
  const cause = { reason: 'FieldValueNotSupported', message, field: 'fieldValidation' };
  const details = { group: 'meta.k8s.io', kind: 'PatchOptions', causes: [cause] };
  throw new StatusError(422, `PatchOptions.meta.k8s.io "" is invalid: ${cause.field}: ${message}`, details);
}

/** Warns the client, who shows it beside the answer; of very much only the beginning. */
export function warnWith(response: ServerResponse): (text: string) => void {
  let length = 0;
  return (text) => {
    const quoted = text
      .slice(0, longestWarning)
      .replaceAll(/[^ -~]/g, '?')
      .replaceAll(/["\\]/g, String.raw`\$&`);
    length += quoted.length;
    if (length <= longestWarnings) response.appendHeader('Warning', `299 - "${quoted}"`);
  };
}
