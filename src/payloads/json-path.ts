import { isJsonObject } from '../framework/json.ts';

type Step = { readonly name: string } | { readonly index: number } | 'all';

/** Finds the values at a path, in their order in the document. */
export type JsonPath = (document: unknown) => readonly unknown[];

const maxLength = 500;
const maxSteps = 32;

/** One step: `.name`, `name`, `[n]`, `[-n]`, `[*]`, `.*`, `['name']` or `["name"]`, where a backslash takes the next character as it is. */
const step = /(?:^|\.)([\p{L}\p{N}_$@-]+)|\[(-?\d{1,9})\]|(\[\*\]|(?:^|\.)\*)|\[(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")\]/uy;

/**
 * A small part of JSONPath: a path may begin with `$`, and has names, indexes (from the end where negative), `*` for all entries
 * of a list or an object, and quoted names. There are no filters and no search at any depth, so that it takes no more time than
 * to read the document once for each step.
 * @throws SyntaxError that says where the path is wrong.
 * @see https://www.rfc-editor.org/rfc/rfc9535
 */
export function parseJsonPath(text: string): JsonPath {
  const steps = stepsOf(text);
  return (document) => steps.reduce<readonly unknown[]>((found, each) => found.flatMap((value) => take(value, each)), [document]);
}

function stepsOf(text: string): Step[] {
  if (text.length > maxLength) throw new SyntaxError(`a path may have ${maxLength} characters at most`);
  // Behind the root the dot may be left out, as `$name` then is a name.
  const path = text.replace(/^\$(?=$|[.[])/, '').replace(/^\./, '');
  const offset = text.length - path.length;
  const steps: Step[] = [];
  let at = 0;
  while (at < path.length) {
    step.lastIndex = at;
    const match = step.exec(path);
    if (match === null) throw new SyntaxError(`character ${at + offset + 1} is no step: use names, [n], [*] and ['name']`);
    at = step.lastIndex;
    const [, name, index, all, single, double] = match;
    const quoted = (single ?? double)?.replace(/\\(.)/gs, '$1');
    steps.push(all !== undefined ? 'all' : index !== undefined ? { index: Number(index) } : { name: name ?? quoted ?? '' });
    if (steps.length > maxSteps) throw new SyntaxError(`a path may have ${maxSteps} steps at most`);
  }
  if (steps.length === 0) throw new SyntaxError('the path has no step');
  return steps;
}

function take(value: unknown, wanted: Step): readonly unknown[] {
  if (wanted === 'all') return Array.isArray(value) ? value : isJsonObject(value) ? Object.values(value) : [];
  if ('index' in wanted) {
    if (!Array.isArray(value)) return [];
    const found: unknown = value.at(wanted.index);
    return found === undefined ? [] : [found];
  }
  return isJsonObject(value) && Object.hasOwn(value, wanted.name) ? [value[wanted.name]] : [];
}
