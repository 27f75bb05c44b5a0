import { configFieldOf, decodeConfig, jsonKind, requireKnownFields } from '../../framework/definition.ts';
import type { Driver, DriverConfig } from '../../framework/driver.ts';
import { coerceError, ServiceError } from '../../framework/errors.ts';
import { parseGoJson } from '../../framework/go-json.ts';
import { isJsonObject, type JsonObject } from '../../framework/json.ts';
import type { Registry } from '../../framework/registry.ts';
import type { ApiRequest } from '../request.ts';

/** The body of a create or replace, its names folded to lower case since Go matches them in any case. */
export class ReceiverInput {
  readonly #fields: ReadonlyMap<string, unknown>;

  private constructor(body: JsonObject) {
    this.#fields = new Map(Object.entries(body).map(([name, value]) => [name.toLowerCase(), value]));
  }

  /** @throws ServiceError with the text of Go's encoding/json. */
  static parse(body: Buffer): ReceiverInput {
    let value: unknown;
    try {
      value = parseGoJson(body.toString('utf8'));
    } catch (thrown) {
      throw new ServiceError('InvalidRequest', `Bad request body: ${coerceError(thrown).message}`);
    }
    if (value === null) throw new ServiceError('InvalidRequest', 'Bad request body: the body is null');
    if (!isJsonObject(value)) throw mismatch(value, 'Go value of type model.Webhook');
    return new ReceiverInput(value);
  }

  /** A text field; empty where it is absent or null. @throws ServiceError for another type. */
  text(name: string): string {
    const value = this.#fields.get(name.toLowerCase());
    if (value === undefined || value === null) return '';
    if (typeof value !== 'string') throw mismatch(value, `Go struct field Webhook.${name} of type string`);
    return value;
  }

  has(name: string): boolean {
    const value = this.#fields.get(name.toLowerCase());
    return value !== undefined && value !== null;
  }

  /** The active driver's config. As in Go, configs of other drivers must be decodable too. @throws ServiceError */
  config(drivers: Registry<Driver>, active: Driver | undefined): DriverConfig {
    let config: DriverConfig = {};
    for (const driver of drivers.all) {
      const { definition } = driver;
      const sent = this.#fields.get(configFieldOf(definition.id).toLowerCase());
      const decoded = decodeConfig(definition, sent);
      if (driver !== active) continue;
      requireKnownFields(definition, sent);
      config = decoded;
    }
    return config;
  }
}

function mismatch(value: unknown, where: string): ServiceError {
  return new ServiceError('InvalidRequest', `Bad request body: json: cannot unmarshal ${jsonKind(value)} into ${where}`);
}

/** @throws ServiceError unless the body is said to be JSON. A charset, which the Go service refused, is accepted. */
export function requireJsonContentType({ headers }: ApiRequest): void {
  if (/^application\/json\s*(;|$)/i.test(headers['content-type'] ?? '')) return;
  throw new ServiceError('InvalidRequest', 'Content-Type must be supplied as header. Only application/json is supported');
}
