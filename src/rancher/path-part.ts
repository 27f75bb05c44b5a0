/**
 * An id as one part of a URL's path; undefined for what no encoding keeps in its place: `projects/..` would be the whole
 * Rancher instead of one project of it.
 */
export function pathPart(id: string): string | undefined {
  return id === '' || id === '.' || id === '..' ? undefined : encodeURIComponent(id.toWellFormed());
}
