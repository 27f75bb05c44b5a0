import { isJsonObject } from '../framework/json.ts';

type Step = { readonly name: string } | { readonly index: number } | 'all';

/** The entry of a list or of an object that a `*` went through, with the one before it. */
interface Entry {
  readonly key: string | number;
  readonly before: Entry | undefined;
}

export interface FoundValue {
  readonly value: unknown;
  /** The last of the entries on the way to it; undefined where the path has no `*`. */
  readonly entry: Entry | undefined;
}

export interface JsonPath {
  readonly steps: readonly Step[];
  /** The values at the path, in their order in the document. */
  find(document: unknown): readonly FoundValue[];
}

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
  return {
    steps,
    find: (value) =>
      steps.reduce<readonly FoundValue[]>(
        (found, each) => found.flatMap((one) => take(one, each)),
        [{ value, entry: undefined }],
      ),
  };
}

/** How many `*` two paths go through together, from the root on. */
export function sharedEntries({ steps }: JsonPath, other: JsonPath): number {
  const parts = steps.findIndex((each, index) => JSON.stringify(each) !== JSON.stringify(other.steps[index]));
  return steps.slice(0, parts === -1 ? steps.length : parts).filter((each) => each === 'all').length;
}

/** The names and indexes of the entries on the way to a value, from the root on. */
export function entriesOf({ entry }: Pick<FoundValue, 'entry'>): readonly (string | number)[] {
  const keys: (string | number)[] = [];
  for (let each = entry; each !== undefined; each = each.before) keys.unshift(each.key);
  return keys;
}

function stepsOf(text: string): Step[] {
  if (text.length > maxLength) throw new SyntaxError(`a path may have ${maxLength} characters at most`);
  // Behind the root the dot may be left out, as `$name` then is a name. Two dots are a search at any depth.
  const path = text.replace(/^\$(?=$|[.[])/, '').replace(/^\.(?!\.)/, '');
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

function take({ value, entry }: FoundValue, wanted: Step): readonly FoundValue[] {
  if (wanted === 'all') {
    if (!Array.isArray(value) && !isJsonObject(value)) return [];
    const entries = Array.isArray(value) ? value.entries() : Object.entries(value);
    return Array.from<readonly [string | number, unknown], FoundValue>(entries, ([key, each]) => ({
      value: each,
      entry: { key, before: entry },
    }));
  }
  if ('index' in wanted) {
    const found: unknown = Array.isArray(value) ? value.at(wanted.index) : undefined;
    return found === undefined ? [] : [{ value: found, entry }];
  }
  return isJsonObject(value) && Object.hasOwn(value, wanted.name) ? [{ value: value[wanted.name], entry }] : [];
}
