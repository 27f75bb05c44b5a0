import type { JsonValue } from '../../shared/json-value.ts';
import type { Field, Fields } from './field.ts';

type Draft = { -readonly [name in keyof Field]: Field[name] };

const flags: Readonly<Record<string, (field: Draft) => void>> = {
  r: () => undefined,
  c: (field) => (field.create = true),
  u: (field) => (field.update = true),
  cu: (field) => (field.create = field.update = true),
  required: (field) => (field.required = true),
  notnull: (field) => (field.nullable = false),
  unique: (field) => (field.unique = true),
  once: (field) => (field.readOnCreateOnly = true),
};

const settings: Readonly<Record<string, (field: Draft, value: string) => void>> = {
  default: (field, value) => (field.default = JSON.parse(value) as JsonValue),
  min: (field, value) => (field.min = Number(value)),
  max: (field, value) => (field.max = Number(value)),
  minLength: (field, value) => (field.minLength = Number(value)),
  maxLength: (field, value) => (field.maxLength = Number(value)),
  options: (field, value) => (field.options = value.split(',')),
  validChars: (field, value) => (field.validChars = value),
};

/**
 * Reads a table of fields, one a line: name (or names joined by commas), type, then flags (`c` create, `u` update, `cu`, `r`,
 * `required`, `notnull`, `unique`, `once`) and settings (`default=JSON`, `min=`, `max=`, `minLength=`, `maxLength=`,
 * `options=a,b`, `validChars=`).
 *
 * @throws Error for a word that is none of these, so that a slip in a table shows at start.
 */
export function fieldTable(text: string): Fields {
  const fields = new Map<string, Field>();
  for (const line of text.split('\n')) {
    const [names, type, ...words] = line.trim().split(/\s+/);
    if (!names || !type) continue;
    for (const name of names.split(',')) fields.set(name, parseField(type, words));
  }
  return fields;
}

function parseField(type: string, words: readonly string[]): Field {
  const field: Draft = {
    type,
    create: false,
    update: false,
    required: false,
    nullable: true,
    unique: false,
    readOnCreateOnly: false,
  };
  for (const word of words) {
    const at = word.indexOf('=');
    const flag = at < 0 ? flags[word] : undefined;
    const setting = at < 0 ? undefined : settings[word.slice(0, at)];
    if (flag) flag(field);
    else if (setting) setting(field, word.slice(at + 1));
    else throw new Error(`unknown word ${word} in a field table`);
  }
  return field;
}
