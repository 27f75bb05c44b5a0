import { ServiceError } from '../../framework/errors.ts';
import { isJsonObject } from '../../framework/json.ts';
import { canonicalProjectId } from '../../framework/project-id.ts';
import { workloadKinds } from './workload/workload.ts';
import { isDnsLabel } from './dns-label.ts';

/** What one project may touch in one cluster. */
export interface KubernetesRule {
  /** As in a receiver's config; empty for the default cluster. */
  readonly cluster: string;
  /** Names, or `*` for all. */
  readonly namespaces: readonly string[];
  /** Workload kinds such as `deployment`; absent for all. */
  readonly kinds?: readonly string[];
}

/** Project id → its rules. A project with an empty list may touch nothing. */
export type KubernetesRules = Readonly<Record<string, readonly KubernetesRule[]>>;

export interface KubernetesTarget {
  readonly cluster: string;
  readonly namespace: string;
  readonly kind: string;
}

export interface KubernetesAllowance {
  /** @throws ServiceError `Forbidden` unless the project may touch such a target. */
  require(projectId: string, target: KubernetesTarget): void;
}

export interface KubernetesAllowanceOptions {
  readonly rules?: KubernetesRules;
  /** The one project that may use the default cluster without a rule: the first of the embedded Rancher. */
  readonly defaultClusterProjectId?: string;
}

/** The name of the cluster that belongs to a Rancher project. */
export const rancherCluster = 'rancher';

/**
 * A project with rules may do what they say and nothing else. One without may use its own cluster in Rancher: whoever can
 * write a receiver into a project is a member of it, and no more.
 */
export function createKubernetesAllowance({
  rules = {},
  defaultClusterProjectId,
}: KubernetesAllowanceOptions): KubernetesAllowance {
  const anywhere = (cluster: string): readonly KubernetesRule[] => [{ cluster, namespaces: ['*'] }];
  const rulesOf = (projectId: string): readonly KubernetesRule[] => {
    if (Object.hasOwn(rules, projectId)) return rules[projectId] ?? [];
    return projectId === defaultClusterProjectId ? anywhere('') : anywhere(rancherCluster);
  };
  return {
    require(projectId, target) {
      if (rulesOf(projectId).some((rule) => permits(rule, target))) return;
      const cluster = target.cluster === '' ? 'the default cluster' : `cluster "${target.cluster}"`;
      throw new ServiceError(
        'Forbidden',
        `Project ${projectId} may not touch a ${target.kind} in namespace "${target.namespace}" of ${cluster} (WEBHOOK_KUBERNETES_ALLOW)`,
      );
    },
  };
}

function permits({ cluster, namespaces, kinds }: KubernetesRule, target: KubernetesTarget): boolean {
  if (cluster !== target.cluster) return false;
  if (!namespaces.includes('*') && !namespaces.includes(target.namespace)) return false;
  return kinds === undefined || kinds.includes(target.kind);
}

/**
 * The value of WEBHOOK_KUBERNETES_ALLOW, already parsed from JSON or YAML.
 * @throws ServiceError `InvalidConfig` that names the entry at fault.
 */
export function decodeKubernetesRules(value: unknown): KubernetesRules {
  if (!isJsonObject(value)) throw malformed('must be a map of project ids');
  return Object.fromEntries(
    Object.entries(value).map(([projectId, entries]) => {
      const spelling = canonicalProjectId(projectId);
      // A rule that is never found would leave its project with the default.
      if (projectId !== spelling) throw malformed(`${projectId} must be written ${spelling}`);
      if (!Array.isArray(entries)) throw malformed(`${projectId} must be a list of rules`);
      return [projectId, entries.map((entry, index) => decodeRule(entry, `${projectId}[${index}]`))];
    }),
  );
}

const kindsThatAre: ReadonlySet<string> = new Set(workloadKinds);
const ruleFields = new Set(['cluster', 'namespaces', 'kinds']);

function decodeRule(entry: unknown, where: string): KubernetesRule {
  if (!isJsonObject(entry)) throw malformed(`${where} must be a map`);
  const unknownField = Object.keys(entry).find((name) => !ruleFields.has(name));
  // A misspelled `kinds` must not become a rule that allows every kind.
  if (unknownField !== undefined) throw malformed(`${where}.${unknownField} is unknown`);
  const { cluster = '', namespaces, kinds } = entry;
  if (typeof cluster !== 'string') throw malformed(`${where}.cluster must be a text`);
  if (!isTextList(namespaces) || namespaces.length === 0) throw malformed(`${where}.namespaces must be a list of names or "*"`);
  const noName = namespaces.find((each) => each !== '*' && !isDnsLabel(each));
  // A pattern would be taken for a name, and allow nothing.
  if (noName !== undefined)
    throw malformed(`${where}.namespaces has "${noName}", which is no name of a namespace; "*" alone stands for all`);
  if (kinds === undefined) return { cluster, namespaces };
  if (!isTextList(kinds)) throw malformed(`${where}.kinds must be a list`);
  const unknownKind = kinds.find((kind) => !kindsThatAre.has(kind));
  if (unknownKind !== undefined)
    throw malformed(`${where}.kinds has "${unknownKind}", which is none of ${[...kindsThatAre].join(', ')}`);
  return { cluster, namespaces, kinds };
}

function isTextList(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'string');
}

function malformed(text: string): ServiceError {
  return new ServiceError('InvalidConfig', text);
}
