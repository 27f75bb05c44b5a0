import { labelKeyFault, labelValueFault } from '../validation/label-rules.ts';
import { StatusError } from '../http/status-error.ts';

/** One condition of a `labelSelector`. */
export interface LabelRequirement {
  readonly key: string;
  readonly operator: 'exists' | 'absent' | 'in' | 'notin' | 'gt' | 'lt';
  readonly values: readonly string[];
}

const symbols = /^(==|!=|=|!|\(|\)|,|>|<)/;
const setWords: Readonly<Record<string, LabelRequirement['operator']>> = { in: 'in', notin: 'notin' };
const comparisons: Readonly<Record<string, LabelRequirement['operator']>> = {
  '=': 'in',
  '==': 'in',
  '!=': 'notin',
  '>': 'gt',
  '<': 'lt',
};

/** Reads a `labelSelector` such as `app=web,tier in (front,back),!old`. @throws StatusError 400 in the server's words. */
export function parseLabelQuery(text: string): LabelRequirement[] {
  const tokens = tokensOf(text);
  const requirements: LabelRequirement[] = [];
  while (tokens.length > 0) {
    requirements.push(readRequirement(tokens));
    const [next] = tokens;
    if (next === undefined) break;
    if (next !== ',') throw unreadable(`found '${next}', expected: ',' or 'end of string'`, '');
    tokens.shift();
    if (tokens.length === 0) throw unreadable("found '', expected: identifier after ','", '');
  }
  return requirements;
}

type Test = (found: string | undefined, values: readonly string[]) => boolean;

const tests: Readonly<Record<LabelRequirement['operator'], Test>> = {
  exists: (found) => found !== undefined,
  absent: (found) => found === undefined,
  in: (found, values) => found !== undefined && values.includes(found),
  notin: (found, values) => found === undefined || !values.includes(found),
  gt: (found, [limit]) => Number(found) > Number(limit),
  lt: (found, [limit]) => Number(found) < Number(limit),
};

/** Whether labels meet a requirement. */
export function meets({ key, operator, values }: LabelRequirement, labels: Readonly<Record<string, string>> = {}): boolean {
  return tests[operator](Object.hasOwn(labels, key) ? labels[key] : undefined, values);
}

function tokensOf(text: string): string[] {
  const tokens: string[] = [];
  for (let rest = text.trim(); rest !== ''; rest = rest.trimStart()) {
    const token = symbols.exec(rest)?.[0] ?? /^[^\s=!(),<>]+/.exec(rest)?.[0] ?? rest;
    tokens.push(token);
    rest = rest.slice(token.length);
  }
  return tokens;
}

function readRequirement(tokens: string[]): LabelRequirement {
  const isNegated = tokens[0] === '!';
  if (isNegated) tokens.shift();
  const key = readKey(tokens);
  const next = tokens[0];
  if (isNegated || next === undefined || next === ',') return { key, operator: isNegated ? 'absent' : 'exists', values: [] };
  tokens.shift();
  const setOperator = Object.hasOwn(setWords, next) ? setWords[next] : undefined;
  if (setOperator) return { key, operator: setOperator, values: readSet(tokens, key) };
  const operator = Object.hasOwn(comparisons, next) ? comparisons[next] : undefined;
  if (!operator) throw unreadable(`found '${next}', expected: in, notin, =, ==, !=, gt, lt`);
  const value = isWord(tokens[0]) ? (tokens.shift() ?? '') : '';
  if ((operator === 'gt' || operator === 'lt') && !/^-?\d+$/.test(value))
    throw unreadable(`values[0][${key}]: Invalid value: "${value}": for 'Gt', 'Lt' operators, the value must be an integer`);
  return { key, operator, values: [checkedValue(key, value)] };
}

function readKey(tokens: string[]): string {
  const key = tokens.shift();
  if (!isWord(key)) throw unreadable(`found '${key ?? ''}', expected: identifier`);
  const fault = labelKeyFault(key);
  if (fault !== undefined) throw unreadable(`<nil>: Invalid value: ${JSON.stringify(key)}: ${fault}`);
  return key;
}

function readSet(tokens: string[], key: string): string[] {
  const open = tokens.shift();
  if (open !== '(') throw unreadable(`found '${open ?? ''}' expected: '('`);
  const values: string[] = [''];
  for (let token = tokens.shift(); token !== ')'; token = tokens.shift()) {
    if (token === ',') values.push('');
    else if (isWord(token)) values[values.length - 1] = token;
    else throw unreadable(`found '${token ?? ''}', expected: ',', ')' or identifier`);
  }
  return values.map((value) => checkedValue(key, value));
}

function checkedValue(key: string, value: string): string {
  const fault = labelValueFault(value);
  if (fault === undefined) return value;
  throw unreadable(`values[0][${key}]: Invalid value: ${JSON.stringify(value)}: ${fault}`);
}

function isWord(token: string | undefined): token is string {
  return token !== undefined && !symbols.test(token);
}

function unreadable(why: string, before = 'unable to parse requirement: '): StatusError {
  return new StatusError(400, before + why);
}
