/**
 * A project's id as Rancher itself spells it. Rancher takes `1A5`, `1a05` and `5` for `1a5` as well: what is known of a project, its
 * rules and its holds, must not depend on the spelling that a caller chose. What is no such id is left as it is.
 */
export function canonicalProjectId(id: string): string {
  const [, letters = 'a', number] = /^(?:1([a-z]+))?0*(\d{1,18})$/i.exec(id) ?? [];
  return number === undefined ? id : `1${letters.toLowerCase()}${number}`;
}
