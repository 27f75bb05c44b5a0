import {
  isDigest,
  parseImageReference,
  repositoryAsSpelled,
  tryParseImageReference,
  withDigest,
  withTag,
  type ImageReference,
} from '../../../framework/image-reference.ts';
import type { ImageEvent } from '../../../framework/payload-format.ts';
import type { DeploymentUpdateConfig } from '../definition.ts';
import type { PodTemplate } from '../cluster/kubernetes-objects.ts';
import type { NewestPushes } from './newest-pushes.ts';
import type { ImageChange } from '../planned-update.ts';
import { templateContainers, type TemplateContainer } from '../workload/pod-template.ts';
import { canonicalName } from './pushed-image.ts';
import { tagPolicyOf } from '../validate.ts';

export interface ImageDecision {
  readonly changes: readonly ImageChange[];
  /** Containers that have the newest image already, with it. */
  readonly unchanged: readonly ImageChange[];
  /** Why containers that were looked at stay as they are. */
  readonly reasons: readonly string[];
}

/** Which containers of a template get which image. */
export function decideImages(
  template: PodTemplate | undefined,
  pushes: NewestPushes,
  config: DeploymentUpdateConfig,
): ImageDecision {
  const all = templateContainers(template);
  const containers = all.filter(({ name }) => config.container === undefined || name === config.container);
  if (containers.length === 0)
    return { changes: [], unchanged: [], reasons: [`there is no container "${config.container ?? ''}" (${whatRuns(all)})`] };
  const changes: ImageChange[] = [];
  const unchanged: ImageChange[] = [];
  const reasons: string[] = [];
  for (const container of containers) {
    const current = runningImage(container.image ?? '');
    const event = current && pushes.to(current);
    if (current === undefined || event === undefined) continue;
    const decided = decide(container, current, event, config);
    if (typeof decided !== 'string') changes.push(decided);
    else {
      const { name, init, image = '' } = container;
      reasons.push(decided);
      unchanged.push({ container: name, init, from: image, to: image });
    }
  }
  if (changes.length > 0 || reasons.length > 0) return { changes: withoutNeedlessRestarts(changes), unchanged, reasons };
  const hint = isOfAnotherRegistry(containers, pushes)
    ? '; registryAliases can say that two registries have the same images'
    : '';
  return {
    changes,
    unchanged,
    reasons: [`no container runs an image of ${joinNames(pushes.names)} (${whatRuns(containers)})${hint}`],
  };
}

function whatRuns(containers: readonly TemplateContainer[]): string {
  return containers.map(({ name, image }) => `${name}: ${image ?? 'none'}`).join(', ');
}

/** Whether a container runs an image that is called like a pushed one, but for the registry. */
function isOfAnotherRegistry(containers: readonly TemplateContainer[], pushes: NewestPushes): boolean {
  const pushed = new Set(pushes.names.map((name) => tryParseImageReference(name)?.path));
  return containers.some(({ image = '' }) => {
    const running = runningImage(image);
    return running !== undefined && pushed.has(running.path);
  });
}

/** Kubernetes pulls by SHA-512 too; what is written has SHA-256. */
function runningImage(text: string): ImageReference | undefined {
  const image = tryParseImageReference(text);
  const [tagged = '', digest] = text.split('@', 2);
  if (image !== undefined || digest === undefined) return image;
  const named = tryParseImageReference(tagged);
  return named && { ...named, digest };
}

/** Not more of them than people read. */
function joinNames(names: readonly string[]): string {
  const left = names.length - maxNames;
  return names.slice(0, maxNames).join(', ') + (left > 0 ? ` and ${left} more` : '');
}

const maxNames = 10;

/** The place of what is written in the order of the receiver's tags; undefined where they have none, or images differ in it. */
export function rankOf(changes: readonly ImageChange[], config: DeploymentUpdateConfig): string | undefined {
  const policy = tagPolicyOf(config);
  const places = changes.map(({ to }) => {
    const image = parseImageReference(to);
    return {
      name: canonicalName(image, config.registryAliases),
      rank: image.tag === undefined ? undefined : policy.rank(image.tag),
    };
  });
  const [first, ...others] = places;
  return others.every((each) => each.name === first?.name && each.rank === first.rank) ? first?.rank : undefined;
}

function decide(
  { name, init, image = '', imagePullPolicy }: TemplateContainer,
  current: ImageReference,
  { tag, digest }: ImageEvent,
  config: DeploymentUpdateConfig,
): ImageChange | string {
  const { pinDigest = true } = config;
  const runningTag = current.tag ?? (current.digest === undefined ? 'latest' : undefined);
  const refusal = runningTag === undefined ? undefined : tagPolicyOf(config).reasonNotToReplace(runningTag, tag);
  if (refusal !== undefined) return `container ${name} keeps ${image}: ${refusal}`;
  const tagged = withTag(repositoryAsSpelled(image), tag);
  if (pinDigest && digest !== undefined && isDigest(digest)) {
    if (current.digest === digest) return `container ${name} already runs ${image}`;
    return { container: name, init, from: image, to: withDigest(tagged, digest) };
  }
  const currentTag = current.tag ?? 'latest';
  if (current.digest !== undefined || currentTag !== tag) return { container: name, init, from: image, to: tagged };
  // Kubernetes' own default: only `latest` is pulled again.
  const policy = imagePullPolicy ?? (currentTag === 'latest' ? 'Always' : 'IfNotPresent');
  if (policy !== 'Always')
    return `container ${name} already runs ${image}, and with imagePullPolicy ${policy} a restart would not pull it again: set it to Always, or push another tag`;
  return { container: name, init, from: image, to: image };
}

/** A new image restarts the whole pod, and a container that always pulls gets its own along the way. */
function withoutNeedlessRestarts(changes: readonly ImageChange[]): readonly ImageChange[] {
  const updates = changes.filter(({ from, to }) => from !== to);
  return updates.length > 0 ? updates : changes;
}
