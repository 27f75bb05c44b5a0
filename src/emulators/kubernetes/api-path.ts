import { type ResourceType, resourceTypes } from './resource-types.ts';

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
export function parseApiPath(path: string, appsVersions: readonly string[] = ['v1']): ApiPath | undefined {
  const [, group = '', version = '', rest = ''] = /^\/(?:api|apis\/([^/]+))\/(v1|v1beta1|v1beta2)(\/.*)$/.exec(path) ?? [];
  const served = group === 'apps' ? appsVersions : ['v1'];
  const found = served.includes(version) ? locate(group, rest) : undefined;
  if (!found || version === found.type.version) return found;
  return { ...found, apiVersion: `${group}/${version}` };
}

function locate(group: string, rest: string): ApiPath | undefined {
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

/** The object as the version of the path has it; the fields are the same in all that are served. */
export function inVersionOf<T extends { readonly apiVersion?: unknown }>({ apiVersion }: ApiPath, object: T): T {
  return apiVersion === undefined || object.apiVersion !== 'apps/v1' ? object : { ...object, apiVersion };
}
