import { age, type Column, column, createdAt, name, wide } from './column.ts';
import { type JsonMap, type KubernetesObject, listAt, mapAt, textOr } from '../objects/kubernetes-object.ts';

const binding: readonly Column[] = [
  name,
  column('Role', (object) => roleText(mapAt(object, 'roleRef'))),
  age,
  wide('Users', (object) => subjectsOf(object, 'User')),
  wide('Groups', (object) => subjectsOf(object, 'Group')),
  wide('ServiceAccounts', (object) => subjectsOf(object, 'ServiceAccount')),
];

/** What is printed of roles and who has them. */
export const accessColumns: Readonly<Record<string, readonly Column[]>> = {
  ClusterRole: [name, createdAt],
  ClusterRoleBinding: binding,
  Role: [name, createdAt],
  RoleBinding: binding,
};

function roleText({ kind, name: role }: JsonMap): string {
  return `${textOr(kind)}/${textOr(role)}`;
}

function subjectsOf(object: KubernetesObject, wanted: string): string {
  const subjects = listAt(object, 'subjects').filter(({ kind }) => kind === wanted);
  const texts = subjects.map(({ namespace, name: subject }) =>
    wanted === 'ServiceAccount' ? `${textOr(namespace)}/${textOr(subject)}` : textOr(subject),
  );
  return texts.join(', ');
}
