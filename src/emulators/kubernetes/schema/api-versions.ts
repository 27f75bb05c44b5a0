import { groupVersion, type ResourceType, resourceTypes } from './resource-types.ts';

/** A version of an API group with what is served in it. */
export interface ApiVersion {
  /** Empty for the core. */
  readonly group: string;
  readonly version: string;
  readonly types: readonly ResourceType[];
}

/** The release of Kubernetes whose API groups are served. */
export type Release = '1.34' | '1.8';

/**
 * What is served, the preferred version of each group before its others.
 * @param appsVersions the versions of the group apps in place of the release's own.
 */
export function apiVersions(release: Release = '1.34', appsVersions?: readonly string[]): ApiVersion[] {
  const served = release === '1.8' ? oldVersions() : newVersions();
  if (!appsVersions) return served;
  const apps = appsVersions.map((version) => ({ group: 'apps', version, types: ofGroup('apps') }));
  return [...served.filter(({ group }) => group !== 'apps'), ...apps];
}

export function nameOf({ group, version }: ApiVersion): string {
  return groupVersion(group, version);
}

function newVersions(): ApiVersion[] {
  const groups = [...new Set(resourceTypes.map(({ group }) => group))];
  return groups.flatMap((group) => {
    const types = ofGroup(group);
    const preferred = { group, version: types[0]?.version ?? 'v1', types };
    return group === 'autoscaling' ? [preferred, { group, version: 'v1', types }] : [preferred];
  });
}

/** Of the groups that Rancher 1.6's Kubernetes had, those with anything to do with workloads. */
function oldVersions(): ApiVersion[] {
  const extensions = ['daemonsets', 'deployments', 'replicasets', 'ingresses', 'networkpolicies'];
  return [
    { group: '', version: 'v1', types: ofGroup('') },
    { group: 'apps', version: 'v1beta2', types: ofGroup('apps') },
    { group: 'apps', version: 'v1beta1', types: named('controllerrevisions', 'deployments', 'statefulsets') },
    { group: 'autoscaling', version: 'v1', types: ofGroup('autoscaling') },
    { group: 'batch', version: 'v1', types: named('jobs') },
    { group: 'batch', version: 'v1beta1', types: named('cronjobs') },
    { group: 'extensions', version: 'v1beta1', types: named(...extensions) },
    { group: 'policy', version: 'v1beta1', types: ofGroup('policy') },
    { group: 'rbac.authorization.k8s.io', version: 'v1', types: ofGroup('rbac.authorization.k8s.io') },
  ];
}

function ofGroup(group: string): ResourceType[] {
  return resourceTypes.filter((type) => type.group === group);
}

function named(...resources: readonly string[]): ResourceType[] {
  return resourceTypes.filter(({ resource }) => resources.includes(resource));
}
