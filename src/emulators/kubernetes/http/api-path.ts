import { type ApiVersion, nameOf } from '../schema/api-versions.ts';
import { apiVersionOf, type ResourceType } from '../schema/resource-types.ts';

/** A path below /api or /apis, taken apart. */
export interface ApiPath {
  readonly type: ResourceType;
  /** Empty for all namespaces, and for objects that have none. */
  readonly namespace: string;
  /** Empty for a collection. */
  readonly name: string;
  readonly subresource: string;
  /** As the path has it, if it is not the one that objects are stored in. */
  readonly apiVersion?: string;
}

/** @returns undefined for a path of nothing that the emulator serves. */
export function parseApiPath(path: string, served: readonly ApiVersion[]): ApiPath | undefined {
  const [, group = '', version = '', rest = ''] = /^\/(?:api|apis\/([^/]+))\/([^/]+)(\/.*)$/.exec(path) ?? [];
  const home = served.find((each) => each.group === group && each.version === version);
  const found = home && locate(home.types, rest);
  if (!found || nameOf(home) === apiVersionOf(found.type)) return found;
  return { ...found, apiVersion: nameOf(home) };
}

function locate(types: readonly ResourceType[], rest: string): ApiPath | undefined {
  const segments = rest.split('/').slice(1).map(decode);
  const scoped = segments[0] === 'namespaces' && segments.length > 2 && !isPartOfNamespace(segments);
  const namespace = scoped ? (segments[1] ?? '') : '';
  const [resource = '', name = '', subresource = '', ...more] = scoped ? segments.slice(2) : segments;
  const type = types.find((each) => each.resource === resource);
  if (!type || more.length > 0) return undefined;
  const unscoped = type.namespaced && name !== '' && namespace === '';
  const unknown = subresource !== '' && !type.subresources.includes(subresource);
  return unscoped || unknown ? undefined : { type, namespace, name, subresource };
}

/** `namespaces/NAME/status` belongs to the Namespace itself. */
function isPartOfNamespace(segments: readonly string[]): boolean {
  return segments.length === 3 && (segments[2] === 'status' || segments[2] === 'finalize');
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
