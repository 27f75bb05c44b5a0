/** Whether two values are the same as JSON, in which absent and undefined are one; parts that both share cost nothing. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  return isPartOf(a, b) && isPartOf(b, a, true);
}

/** @param namesOnly only whether `b` has a value wherever `a` has one. */
function isPartOf(a: object, b: object, namesOnly = false): boolean {
  return Object.entries(a).every(([name, value]: [string, unknown]) => {
    const other: unknown = Object.hasOwn(b, name) ? Object(b)[name] : undefined;
    return namesOnly ? value === undefined || other !== undefined : sameJson(value, other);
  });
}
