import { isJsonObject, type JsonObject } from '../framework/json.ts';

/** What is at a path of names; undefined where anything on the way is absent or no object. */
export function partAt(source: unknown, ...path: readonly string[]): unknown {
  let part = source;
  for (const name of path) {
    if (!isJsonObject(part) || !Object.hasOwn(part, name)) return undefined;
    part = part[name];
  }
  return part;
}

/** The text at a path, without space around it; empty where there is none. */
export function textAt(source: unknown, ...path: readonly string[]): string {
  const part = partAt(source, ...path);
  return typeof part === 'string' ? part.trim() : '';
}

/** The first of several texts that is there. */
export function firstText(...texts: readonly string[]): string {
  return texts.find((text) => text !== '') ?? '';
}

/** What a sender calls something, for people to read, and no more of it than they do. */
export function shown(name: string): string {
  return name === '' ? '(not said)' : name.slice(0, 100);
}

/** The object at a path; an empty one where there is none. */
export function objectAt(source: unknown, ...path: readonly string[]): JsonObject {
  const part = partAt(source, ...path);
  return isJsonObject(part) ? part : {};
}

/** The entries of the list at a path; none where there is no list. */
export function listAt(source: unknown, ...path: readonly string[]): readonly unknown[] {
  const part = partAt(source, ...path);
  return Array.isArray(part) ? part : [];
}

export function hasObject(source: unknown, ...path: readonly string[]): boolean {
  return isJsonObject(partAt(source, ...path));
}

/** Go gives a time that is not set as the year 1. */
const earliestTime = Date.UTC(2000);

/** A time as RFC 3339 or ISO 8601 has it, or as seconds since 1970, in milliseconds; undefined for anything else. */
export function timeOf(value: unknown): number | undefined {
  const isDate = typeof value === 'string' && /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d/.test(value);
  const time = typeof value === 'number' ? Math.round(value * 1000) : isDate ? Date.parse(value) : Number.NaN;
  return Number.isFinite(time) && time > earliestTime ? time : undefined;
}
