import type { KubernetesObject } from './kubernetes-object.ts';
import { StatusError } from './status-error.ts';

type Test = (object: KubernetesObject) => boolean;

/** `labelSelector` and `fieldSelector` of a query. @throws StatusError 400 for one that cannot be read. */
export function selectorsOf(query: URLSearchParams): Test {
  const tests = [...labelTests(query.get('labelSelector') ?? ''), ...fieldTests(query.get('fieldSelector') ?? '')];
  return (object) => tests.every((test) => test(object));
}

function labelTests(text: string): Test[] {
  const parts = text.match(/[^,()]+(?:\([^)]*\))?/g) ?? [];
  return parts.map((part) => labelTest(part.trim())).filter((test) => test !== undefined);
}

function labelTest(part: string): Test | undefined {
  if (part === '') return undefined;
  const label = (name: string) => (object: KubernetesObject) => object.metadata.labels?.[name];
  const [, setName = '', not, values] = /^(\S+)\s+(not)?in\s*\(([^)]*)\)$/.exec(part) ?? [];
  if (values !== undefined) {
    const wanted = new Set(values.split(',').map((value) => value.trim()));
    return (object) => wanted.has(label(setName)(object) ?? '') !== (not === 'not');
  }
  const [, name = '', operator = '', value = ''] = /^([^=!]+?)\s*(==|=|!=)\s*(.*)$/.exec(part) ?? [];
  if (operator === '!=') return (object) => label(name)(object) !== value;
  if (operator !== '') return (object) => label(name)(object) === value;
  if (part.startsWith('!')) return (object) => label(part.slice(1).trim())(object) === undefined;
  if (/^[\w./-]+$/.test(part)) return (object) => label(part)(object) !== undefined;
  throw new StatusError(400, `unable to parse requirement: ${part}`);
}

function fieldTests(text: string): Test[] {
  return text
    .split(',')
    .filter((part) => part !== '')
    .map((part) => {
      const [, field = '', operator = '', value = ''] = /^([\w.]+)(==|=|!=)(.*)$/.exec(part) ?? [];
      const read = fields.get(field);
      if (!read) throw new StatusError(400, `field label not supported: ${field === '' ? part : field}`);
      return (object: KubernetesObject) => (read(object) === value) === (operator !== '!=');
    });
}

const fields = new Map<string, (object: KubernetesObject) => unknown>([
  ['metadata.name', ({ metadata }) => metadata.name],
  ['metadata.namespace', ({ metadata }) => metadata.namespace],
  ['status.phase', ({ status }) => status?.['phase']],
  ['spec.nodeName', ({ spec }) => spec?.['nodeName']],
  ['involvedObject.name', (object) => (object['involvedObject'] as { name?: unknown } | undefined)?.name],
]);
