import { type JsonMap, type KubernetesObject, listAt, mapAt, textOr } from './kubernetes-object.ts';

/** What a container does, by a word in its image's tag or in the annotation `rollout.test/behaviour` of its pod. */
export interface Behaviour {
  readonly word: 'run' | 'slow' | 'unready' | 'bad' | 'crash' | 'dies';
  /** The time behind the word, milliseconds. */
  readonly ms: number | undefined;
}

const units: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000 };
const words = /(?:^|[._-])(slow|unready|bad|crash|dies)(?:(\d+)(ms|s|m))?(?=$|[._-])/;
const lingerWord = /(?:^|[._-])linger(?:(\d+)(ms|s|m))?(?=$|[._-])/;

export function behaviourOf(pod: KubernetesObject, container: JsonMap): Behaviour {
  const [, word, count, unit = 's'] = words.exec(textOf(pod, container)) ?? [];
  const ms = count === undefined ? undefined : Number(count) * (units[unit] ?? 1_000);
  return { word: (word as Behaviour['word'] | undefined) ?? 'run', ms };
}

/** How long the pod stays after it was deleted, milliseconds. */
export function lingerOf(pod: KubernetesObject): number {
  const times = listAt(pod.spec, 'containers').map((container) => {
    const match = lingerWord.exec(textOf(pod, container));
    if (!match) return 0;
    return match[1] === undefined ? 5_000 : Number(match[1]) * (units[match[2] ?? 's'] ?? 1_000);
  });
  return Math.max(0, ...times);
}

function textOf(pod: KubernetesObject, container: JsonMap): string {
  const annotation = mapAt(pod.metadata, 'annotations')['rollout.test/behaviour'];
  if (typeof annotation === 'string') return annotation;
  const image = textOr(container['image']).split('@')[0] ?? '';
  return /:([^/:]+)$/.exec(image)?.[1] ?? '';
}
