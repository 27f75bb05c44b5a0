import { type ApiVersion, nameOf } from './api-versions.ts';
import { openApi } from './open-api.ts';
import { everyday, type ResourceType } from './resource-types.ts';

const verbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];
const reviews = [
  ['authorization.k8s.io', 'selfsubjectaccessreviews', 'SelfSubjectAccessReview'],
  ['authorization.k8s.io', 'selfsubjectrulesreviews', 'SelfSubjectRulesReview'],
  ['authentication.k8s.io', 'selfsubjectreviews', 'SelfSubjectReview'],
] as const;

/** The documents by which clients find out what the server has; undefined for any other path. */
export function discovery(path: string, serverAddress: string, served: readonly ApiVersion[]): unknown {
  const [, group, version] = /^\/apis\/([^/]+)(?:\/([^/]+))?$/.exec(path) ?? [];
  if (group !== undefined) return version === undefined ? oneGroup(group, served) : oneVersion(`${group}/${version}`, served);
  switch (path) {
    case '/version':
      return versionOf(served);
    case '/api':
      return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress }] };
    case '/apis':
      return { kind: 'APIGroupList', apiVersion: 'v1', groups: groupsOf(served).map((name) => describeGroup(name, served)) };
    case '/api/v1':
      return oneVersion('v1', served);
    default:
      return openApi(path, served);
  }
}

function versionOf(served: readonly ApiVersion[]): Record<string, unknown> {
  const isOld = served.some(({ group }) => group === 'extensions');
  return {
    major: '1',
    minor: isOld ? '8' : '34',
    gitVersion: isOld ? 'v1.8.15' : 'v1.34.4',
    gitTreeState: 'clean',
    platform: 'linux/amd64',
    goVersion: isOld ? 'go1.8.3' : 'go1.24',
    compiler: 'gc',
  };
}

function groupsOf(served: readonly ApiVersion[]): string[] {
  const groups = new Set([...served.map(({ group }) => group), ...reviews.map(([group]) => group)]);
  return [...groups].filter((group) => group !== '');
}

function oneGroup(name: string, served: readonly ApiVersion[]): unknown {
  return groupsOf(served).includes(name) ? { kind: 'APIGroup', apiVersion: 'v1', ...describeGroup(name, served) } : undefined;
}

function describeGroup(name: string, served: readonly ApiVersion[]): Record<string, unknown> {
  const found = served
    .filter(({ group }) => group === name)
    .map((each) => ({ groupVersion: nameOf(each), version: each.version }));
  const versions = found.length > 0 ? found : [{ groupVersion: `${name}/v1`, version: 'v1' }];
  return { name, versions, preferredVersion: versions[0] };
}

function oneVersion(groupVersion: string, served: readonly ApiVersion[]): unknown {
  const types = served.find((each) => nameOf(each) === groupVersion)?.types;
  const described = (types ?? []).flatMap((type) => [
    describe(type),
    ...type.subresources.map((name) => describeSubresource(type, name)),
  ]);
  const created = reviews
    .filter(([group]) => `${group}/v1` === groupVersion)
    .map(([, name, kind]) => ({ name, singularName: '', namespaced: false, kind, verbs: ['create'] }));
  if (!types && created.length === 0) return undefined;
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources: [...described, ...created] };
}

function describe({ resource, kind, namespaced, shortNames }: ResourceType): Record<string, unknown> {
  return {
    name: resource,
    singularName: kind.toLowerCase(),
    namespaced,
    kind,
    verbs,
    ...(shortNames.length > 0 && { shortNames }),
    ...(everyday.has(resource) && { categories: ['all'] }),
  };
}

function describeSubresource({ resource, kind, namespaced }: ResourceType, name: string): Record<string, unknown> {
  const shown = { name: `${resource}/${name}`, singularName: '', namespaced };
  if (name === 'scale')
    return { ...shown, group: 'autoscaling', version: 'v1', kind: 'Scale', verbs: ['get', 'patch', 'update'] };
  if (name === 'eviction') return { ...shown, group: 'policy', version: 'v1', kind: 'Eviction', verbs: ['create'] };
  if (name === 'log') return { ...shown, kind, verbs: ['get'] };
  if (name !== 'status') return { ...shown, kind: `Pod${name}`, verbs: ['create', 'get'] };
  return { ...shown, kind, verbs: ['get', 'patch', 'update'] };
}
