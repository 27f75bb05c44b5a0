import type { JsonValue } from '../../shared/json-value.ts';

/** One entry of a schema's `resourceFields`. */
export interface Field {
  /** gdapi type: `string`, `int`, `reference[service]`, `map[json]`, `array[string]`, another schema's id… */
  readonly type: string;
  readonly create: boolean;
  readonly update: boolean;
  readonly required: boolean;
  readonly nullable: boolean;
  readonly unique: boolean;
  /** Shown in the answer to a create and never again. */
  readonly readOnCreateOnly: boolean;
  readonly default?: JsonValue;
  readonly min?: number;
  readonly max?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly options?: readonly string[];
  /** Characters and ranges as in a regular expression's class. */
  readonly validChars?: string;
}

export type Fields = ReadonlyMap<string, Field>;

/** `reference` of `reference[service]`, `service` of it; the outer name alone for a plain type. */
export function splitType(type: string): { outer: string; inner: string | undefined } {
  const match = /^(\w+)\[(.+)\]$/.exec(type);
  return match ? { outer: match[1] ?? type, inner: match[2] } : { outer: type, inner: undefined };
}
