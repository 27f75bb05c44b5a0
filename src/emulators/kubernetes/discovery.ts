import { openApi } from './open-api.ts';
import { apiVersionOf, everyday, type ResourceType, resourceTypes } from './resource-types.ts';

const verbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];

/** The documents by which clients find out what the server has; undefined for any other path. */
export function discovery(path: string, serverAddress: string, appsVersions: readonly string[]): unknown {
  const version = /^\/apis\/apps\/(.+)$/.exec(path)?.[1];
  if (version !== undefined) return appsVersions.includes(version) ? resourceList('apps/v1', `apps/${version}`) : undefined;
  switch (path) {
    case '/version':
      return {
        major: '1',
        minor: '34',
        gitVersion: 'v1.34.4',
        gitTreeState: 'clean',
        platform: 'linux/amd64',
        goVersion: 'go1.24',
        compiler: 'gc',
      };
    case '/api':
      return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress }] };
    case '/apis':
      return { kind: 'APIGroupList', apiVersion: 'v1', groups: [group('apps', appsVersions), group('batch')] };
    case '/apis/apps':
      return { kind: 'APIGroup', apiVersion: 'v1', ...group('apps', appsVersions) };
    case '/apis/batch':
      return { kind: 'APIGroup', apiVersion: 'v1', ...group('batch') };
    case '/api/v1':
      return resourceList('v1');
    case '/apis/batch/v1':
      return resourceList('batch/v1');
    default:
      return openApi(path);
  }
}

function group(name: string, served: readonly string[] = ['v1']): Record<string, unknown> {
  const versions = served.map((version) => ({ groupVersion: `${name}/${version}`, version }));
  return { name, versions, preferredVersion: versions[0] };
}

function resourceList(groupVersion: string, shown = groupVersion): Record<string, unknown> {
  const resources = resourceTypes
    .filter((type) => apiVersionOf(type) === groupVersion)
    .flatMap((type) => [describe(type), ...type.subresources.map((name) => describeSubresource(type, name))]);
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: shown, resources };
}

function describe({ resource, kind, namespaced, shortNames }: ResourceType): Record<string, unknown> {
  return {
    name: resource,
    singularName: kind.toLowerCase(),
    namespaced,
    kind,
    verbs,
    shortNames,
    ...(everyday.has(resource) && { categories: ['all'] }),
  };
}

function describeSubresource({ resource, kind, namespaced }: ResourceType, name: string): Record<string, unknown> {
  const scale = name === 'scale' ? { group: 'autoscaling', version: 'v1', kind: 'Scale' } : { kind };
  return { name: `${resource}/${name}`, singularName: '', namespaced, ...scale, verbs: ['get', 'patch', 'update'] };
}
