import { type ResourceType, resourceTypes } from './resource-types.ts';

/** A path below /api or /apis, taken apart. */
export interface ApiPath {
  readonly type: ResourceType;
  /** Empty for all namespaces, and for objects that have none. */
  readonly namespace: string;
  /** Empty for a collection. */
  readonly name: string;
  readonly subresource: string;
}

/** @returns undefined for a path of nothing that the emulator serves. */
export function parseApiPath(path: string): ApiPath | undefined {
  const match = /^\/(?:api|apis\/([^/]+))\/v1(\/.*)$/.exec(path);
  const [, group = '', rest = ''] = match ?? [];
  const segments = rest.split('/').slice(1).map(decode);
  const scoped = segments[0] === 'namespaces' && segments.length > 2;
  const namespace = scoped ? (segments[1] ?? '') : '';
  const [resource = '', name = '', subresource = '', ...more] = scoped ? segments.slice(2) : segments;
  const type = resourceTypes.find((each) => each.resource === resource && each.group === group);
  if (!type || more.length > 0) return undefined;
  const unscoped = type.namespaced && name !== '' && namespace === '';
  const unknown = subresource !== '' && !type.subresources.includes(subresource);
  return unscoped || unknown ? undefined : { type, namespace, name, subresource };
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
