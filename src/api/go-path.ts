import { ServiceError } from '../framework/errors.ts';

/** The path of a request as Go's router sees it. */
export interface GoPath {
  readonly decoded: string;
  /** Where the caller is sent if the path is not clean: doubled slashes and dot segments. */
  readonly redirect: string | undefined;
}

/**
 * As in gorilla/mux: the decoded path decides, and an unclean one is answered 301 with the clean one. A path below the
 * unauthenticated prefix that says another thing once it is decoded or cleaned is thus never served as that other thing.
 * @throws ServiceError for a path that cannot be decoded.
 */
export function parseGoPath(rawPath: string): GoPath {
  let decoded: string;
  try {
    decoded = decodeURIComponent(rawPath);
  } catch {
    throw new ServiceError('InvalidRequest', 'The path is badly encoded');
  }
  const clean = cleanPath(decoded);
  return { decoded, redirect: clean === decoded ? undefined : encodeURI(clean).replace(/[?#]/g, encodeURIComponent) };
}

/** Go's path.Clean with the trailing slash kept. */
function cleanPath(path: string): string {
  const kept: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '..') kept.pop();
    else if (segment !== '' && segment !== '.') kept.push(segment);
  }
  const trailing = path.endsWith('/') && kept.length > 0 ? '/' : '';
  return `/${kept.join('/')}${trailing}`;
}
