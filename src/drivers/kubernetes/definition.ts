import type { DriverDefinition } from '../../framework/driver.ts';
import { payloadPathFields } from '../../framework/payload-fields.ts';
import type { PayloadFormat } from '../../framework/payload-format.ts';
import { autoFormat } from '../../framework/read-payload.ts';
import type { Registry } from '../../framework/registry.ts';
import { type SenderConfig, senderFields } from '../../framework/sender-authenticity/sender-fields.ts';
import { tagOrders } from '../../framework/tag-policies/tag-order.ts';
import { tagPolicies } from '../../framework/tag-policies/tag-policy.ts';
import { workloadKinds } from './workload/workload.ts';

/** A decoded `deploymentUpdateConfig`. */
export interface DeploymentUpdateConfig extends SenderConfig {
  readonly namespace?: string;
  readonly name?: string;
  readonly selector?: Readonly<Record<string, string>>;
  readonly kind?: string;
  readonly container?: string;
  readonly repository?: string;
  readonly registryAliases?: Readonly<Record<string, string>>;
  readonly tagPolicy?: string;
  readonly tag?: string;
  readonly tagOrder?: string;
  readonly payloadFormat?: string;
  readonly imagePath?: string;
  readonly tagPath?: string;
  readonly digestPath?: string;
  readonly pinDigest?: boolean;
  readonly strategy?: string;
  readonly service?: string;
  readonly promote?: string;
  readonly keepOldSeconds?: number;
  readonly maxSurge?: string;
  readonly maxUnavailable?: string;
  readonly timeoutSeconds?: number;
  readonly onFailure?: string;
  readonly cluster?: string;
}

export const defaultNamespace = 'default';

export const defaultKind = 'deployment';

/** When the Service of a blue-green update is switched. */
const promotions = ['auto', 'manual'];

/** Long enough for every proxy in the cluster to know the new pods. */
export const defaultKeepOldSeconds = 30;

const maxKeepOldSeconds = 86_400;

/** A day: longer than any rollout that somebody still waits for. */
const maxTimeoutSeconds = 86_400;

/** The driver's fields as data; the payload formats are those that the program has. */
export function definitionWith(formats: Registry<PayloadFormat>): DriverDefinition {
  return {
    id: 'deploymentUpdate',
    description: 'Puts a pushed image into a Kubernetes workload, follows the rollout and takes a failed one back',
    mode: 'queued',
    extension: true,
    fields: [
      { name: 'namespace', type: 'string', default: defaultNamespace, description: "The workload's namespace" },
      { name: 'name', type: 'string', description: "The workload's name; this or selector is required" },
      {
        name: 'selector',
        type: 'map[string]',
        description: 'In place of name: every workload with these labels; an empty value stands for any value',
      },
      { name: 'kind', type: 'enum', options: workloadKinds, default: defaultKind, description: 'What kind of workload it is' },
      {
        name: 'container',
        type: 'string',
        description: 'The container or init container to update; absent: each one whose image is from the pushed repository',
      },
      { name: 'repository', type: 'string', description: "The repository that may deploy; absent: the container's own" },
      {
        name: 'registryAliases',
        type: 'map[string]',
        description:
          'Registry hosts in the workload, with a path or without, each with what its pushes name instead: for mirrors and caches',
      },
      {
        name: 'tagPolicy',
        type: 'enum',
        options: tagPolicies,
        description: 'How a pushed tag is judged by tag; absent: exact with a tag, any without',
      },
      {
        name: 'tag',
        type: 'string',
        description: 'The tag that may deploy, or for glob and regex the pattern, for semver the range; absent: any',
      },
      {
        name: 'tagOrder',
        type: 'enum',
        options: tagOrders,
        description:
          'Which of two tags is newer, for regex by its group; absent: asc for a regex with a group, else the last push',
      },
      {
        name: 'payloadFormat',
        type: 'enum',
        options: [autoFormat, ...formats.all.map(({ id }) => id)],
        default: autoFormat,
        description: 'Which registry sends the pushes',
      },
      ...payloadPathFields,
      {
        name: 'pinDigest',
        type: 'bool',
        default: true,
        description: 'Write repo:tag@digest when the push carries a valid digest',
      },
      {
        name: 'strategy',
        type: 'enum',
        options: ['keep', 'rollingUpdate', 'recreate', 'blueGreen'],
        default: 'keep',
        description:
          'How pods are replaced, written together with the image; keep: as the workload says; blueGreen: by a second Deployment',
      },
      { name: 'service', type: 'string', description: 'For blueGreen: the Service that is switched to the second Deployment' },
      {
        name: 'promote',
        type: 'enum',
        options: promotions,
        default: 'auto',
        description: 'For blueGreen: when the Service is switched: once the second Deployment is ready, or by a person then',
      },
      {
        name: 'keepOldSeconds',
        type: 'int',
        default: defaultKeepOldSeconds,
        min: 0,
        max: maxKeepOldSeconds,
        description: 'For blueGreen: for how long the former Deployment stays after the switch',
      },
      {
        name: 'maxSurge',
        type: 'string',
        mayBeNumber: true,
        description: 'For rollingUpdate: how many pods more than wanted, as a number or a percentage',
      },
      {
        name: 'maxUnavailable',
        type: 'string',
        mayBeNumber: true,
        description: 'For rollingUpdate: how many pods fewer than wanted, as a number or a percentage',
      },
      {
        name: 'timeoutSeconds',
        type: 'int',
        min: 1,
        max: maxTimeoutSeconds,
        description:
          'When a rollout that is not complete counts as failed; absent: its own progress deadline, or 600 s without progress',
      },
      {
        name: 'onFailure',
        type: 'enum',
        options: ['rollback', 'keep'],
        default: 'rollback',
        description: 'Whether a failed rollout is taken back',
      },
      {
        name: 'cluster',
        type: 'string',
        description:
          'Absent: the own cluster or the current context; a context of the kubeconfig; rancher: that of the Rancher project',
      },
      ...senderFields,
    ],
  };
}
