import { coerceError, ServiceError } from '../framework/errors.ts';
import { parseGoJson } from '../framework/go-json.ts';
import { isJsonObject, type JsonObject } from '../framework/json.ts';
import { invalidField } from './invalid-field.ts';
import type { ApiRequest } from './request.ts';

/** The body of an action, whose fields are all optional: nothing at all is an empty one. */
export class ActionInput {
  readonly #fields: JsonObject;

  private constructor(fields: JsonObject) {
    this.#fields = fields;
  }

  /** @throws ServiceError for what is no JSON object, and for fields of other names, which may be misspelt. */
  static async read(request: ApiRequest, names: readonly string[]): Promise<ActionInput> {
    const body = await request.body();
    if (body.length === 0) return new ActionInput({});
    let fields: unknown;
    try {
      fields = parseGoJson(body);
    } catch (thrown) {
      throw new ServiceError('InvalidRequest', `Bad request body: ${coerceError(thrown).message}`);
    }
    if (!isJsonObject(fields)) throw new ServiceError('InvalidRequest', 'Bad request body: it must be a JSON object');
    for (const name of Object.keys(fields)) {
      if (!names.includes(name) && name !== 'type') throw invalidField(name, `left out: the fields are ${names.join(', ')}`);
    }
    return new ActionInput(fields);
  }

  /** @returns undefined where it is absent or null. @throws ServiceError for another type, or a longer text. */
  text(name: string, maxLength: number): string | undefined {
    const value = this.#fields[name] ?? undefined;
    if (value === undefined) return undefined;
    if (typeof value !== 'string' || value.length > maxLength) {
      throw invalidField(name, `a text of at most ${maxLength} characters`);
    }
    return value;
  }

  /** The field as the texts that a query would have: a number becomes one, a list many. */
  texts(name: string): readonly string[] {
    const value = this.#fields[name] ?? undefined;
    if (value === undefined) return [];
    const values: readonly unknown[] = Array.isArray(value) ? value : [value];
    return values.map((entry) => {
      if (typeof entry === 'string') return entry;
      if (typeof entry === 'number') return String(entry);
      throw invalidField(name, 'a text, a number or a list of them');
    });
  }
}
