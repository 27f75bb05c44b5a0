/** A value that JSON can hold; what a store keeps and a driver's plan consists of. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

export type JsonObject = Record<string, unknown>;

/** True for what JSON calls an object: not null, not a list. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
