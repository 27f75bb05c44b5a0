import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { load, loadAll } from 'js-yaml';
import type { TestCluster } from '../contracts/deployment-update-workload.ts';
import { projectRoot } from './program.ts';

export interface RoleRule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

/** The rules of the one Role in a file of docs/examples/kubernetes, which is bound to the ServiceAccount of that file. */
export async function documentedRules(file: string): Promise<readonly RoleRule[]> {
  const text = await readFile(path.join(projectRoot, 'docs/examples/kubernetes', file), 'utf8');
  const objects = loadAll(text) as readonly Record<string, unknown>[];
  const the = (kind: string): Record<string, unknown> => {
    const [found, ...others] = objects.filter((object) => object['kind'] === kind);
    if (!found || others.length > 0) throw new Error(`${file} has not one ${kind}`);
    return found;
  };
  const name = (object: unknown): unknown => (object as { readonly metadata?: { readonly name?: unknown } }).metadata?.name;
  const binding = the('RoleBinding') as { readonly roleRef?: { name?: unknown }; readonly subjects?: { name?: unknown }[] };
  const bound = [binding.roleRef?.name, binding.subjects?.[0]?.name];
  if (JSON.stringify(bound) !== JSON.stringify([name(the('Role')), name(the('ServiceAccount'))]))
    throw new Error(`${file} binds ${bound.join(' to ')}`);
  return the('Role')['rules'] as readonly RoleRule[];
}

/** Makes a ServiceAccount with these rights in a namespace and no others. @returns its token. */
export async function grant(cluster: TestCluster, namespace: string, rules: readonly RoleRule[]): Promise<string> {
  const name = `account-${Math.random().toString(36).slice(2, 8)}`;
  const metadata = { name };
  const roles = `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}`;
  const accounts = `/api/v1/namespaces/${namespace}/serviceaccounts`;
  const post = async (where: string, body: object): Promise<Record<string, unknown>> => {
    const answer = await cluster.call('POST', where, body);
    if (answer.status !== 201) throw new Error(`POST ${where}: ${JSON.stringify(answer.body)}`);
    return answer.body;
  };
  await post(accounts, { metadata });
  await post(`${roles}/roles`, { metadata, rules });
  await post(`${roles}/rolebindings`, {
    metadata,
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
    subjects: [{ kind: 'ServiceAccount', name, namespace }],
  });
  await untilKnown(cluster, namespace, `system:serviceaccount:${namespace}:${name}`, rules);
  const { status } = await post(`${accounts}/${name}/token`, { spec: {} });
  return (status as { readonly token: string }).token;
}

/** The API server gets to know of a Role by a watch of its own, somewhat later. */
async function untilKnown(cluster: TestCluster, namespace: string, user: string, [rule]: readonly RoleRule[]): Promise<void> {
  const [group, resource, verb, name] = [rule?.apiGroups, rule?.resources, rule?.verbs, rule?.resourceNames].map(
    (list) => list?.[0],
  );
  const review = { spec: { user, resourceAttributes: { namespace, group, resource, verb, name } } };
  const end = performance.now() + 30_000;
  for (;;) {
    const { body } = await cluster.call('POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', review);
    if ((body['status'] as { readonly allowed?: boolean }).allowed === true) return;
    if (performance.now() > end) throw new Error(`the rights never came: ${JSON.stringify(body)}`);
    await sleep(10);
  }
}

/** The administrator's kubeconfig with another token in place of his credentials. @returns its path. */
export async function kubeconfigWith(kubeconfig: string, token: string): Promise<string> {
  const config = load(await readFile(kubeconfig, 'utf8')) as { users: { user: object }[] };
  for (const each of config.users) each.user = { token };
  const file = path.join(path.dirname(kubeconfig), `${Math.random().toString(36).slice(2)}.kubeconfig`);
  await writeFile(file, JSON.stringify(config));
  return file;
}
