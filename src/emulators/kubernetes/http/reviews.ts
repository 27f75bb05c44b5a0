import { type AccessControl, type EmulatorUser, isAdministrator } from './access-control.ts';
import { type JsonMap, mapAt, textOr, timestamp } from '../objects/kubernetes-object.ts';

const paths: Readonly<Record<string, string>> = {
  '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews': 'SelfSubjectAccessReview',
  '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews': 'SelfSubjectRulesReview',
  '/apis/authentication.k8s.io/v1/selfsubjectreviews': 'SelfSubjectReview',
};

/** Whether a caller asks there about himself, which everybody may. */
export function isReview(path: string): boolean {
  return Object.hasOwn(paths, path);
}

/** What a caller may do, or who he is: the answers behind `kubectl auth can-i` and `whoami`. */
export function review(access: AccessControl, user: EmulatorUser, path: string, body: unknown): JsonMap {
  const kind = paths[path];
  const spec = mapAt(body, 'spec');
  const metadata = { creationTimestamp: timestamp() };
  if (kind === 'SelfSubjectReview')
    return {
      kind,
      apiVersion: 'authentication.k8s.io/v1',
      metadata,
      status: { userInfo: { username: user.name, groups: groupsOf(user) } },
    };
  const status = kind === 'SelfSubjectAccessReview' ? accessOf(access, user, spec) : rulesOf(user);
  return { kind, apiVersion: 'authorization.k8s.io/v1', metadata: {}, spec, status };
}

function accessOf(access: AccessControl, user: EmulatorUser, spec: JsonMap): JsonMap {
  const { verb, resource, subresource, namespace } = mapAt(spec, 'resourceAttributes');
  const path = mapAt(spec, 'nonResourceAttributes')['verb'];
  const full = textOr(subresource) === '' ? textOr(resource) : `${textOr(resource)}/${textOr(subresource)}`;
  const allowed =
    path === undefined ? access.allows(user, textOr(verb), full, textOr(namespace)) : path === 'get' || isAdministrator(user);
  return { allowed };
}

function groupsOf(user: EmulatorUser): string[] {
  return [...(isAdministrator(user) ? ['system:masters'] : []), 'system:authenticated'];
}

function rulesOf(user: EmulatorUser): JsonMap {
  const { rules } = user;
  const resourceRules = rules.map(({ verbs, resources }) => ({ verbs, apiGroups: ['*'], resources }));
  const verbs = isAdministrator(user) ? ['*'] : ['get'];
  return { resourceRules, nonResourceRules: [{ verbs, nonResourceURLs: ['*'] }], incomplete: false };
}
