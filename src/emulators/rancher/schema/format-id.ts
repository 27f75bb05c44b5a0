import type { TypeDefinition } from './type-definition.ts';

/** `1s12` for the service number 12. */
export function formatId(type: TypeDefinition, number: number): string {
  if (type.idPrefix === undefined) throw new Error(`${type.id} has no numbers`);
  return `1${type.idPrefix}${number}`;
}

/** The number in an id of this type; undefined for anything else, also an id of another type. */
export function parseId(type: TypeDefinition, id: string): number | undefined {
  const match = /^1([a-z]+)(\d{1,15})$/i.exec(id);
  return match && match[1]?.toLowerCase() === type.idPrefix ? Number(match[2]) : undefined;
}
