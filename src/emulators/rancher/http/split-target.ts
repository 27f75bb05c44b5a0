import { versions } from './render-version.ts';

/** A request target of the API, taken apart. */
export interface ApiTarget {
  readonly version: string;
  /** Project in the path. */
  readonly project: string | undefined;
  /** The rest, decoded. Below a project, what follows it; `/projects/1a5` itself is a resource of the unscoped API. */
  readonly segments: readonly string[];
}

/** Undefined for a path that is not the API's. Empty segments at the end do not count. */
export function splitTarget(path: string): ApiTarget | undefined {
  const [, version, ...rest] = path.split('/');
  if (version === undefined || !versions.some((known) => known === version)) return undefined;
  while (rest.length > 0 && rest.at(-1) === '') rest.pop();
  const segments = rest.map((segment) => decode(segment));
  const [first, project, ...below] = segments;
  if (first?.toLowerCase() !== 'projects' || project === undefined || below.length === 0)
    return { version, project: undefined, segments };
  return { version, project, segments: below };
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
