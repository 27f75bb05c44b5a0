import { type JsonMap, type KubernetesObject, listAt, mapAt, textOr } from '../objects/kubernetes-object.ts';

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
  return read(words.exec(annotationOf(pod)) ?? words.exec(tagOf(container)));
}

function read(match: RegExpExecArray | null): Behaviour {
  const [, word, count, unit = 's'] = match ?? [];
  const ms = count === undefined ? undefined : Number(count) * (units[unit] ?? 1_000);
  return { word: (word as Behaviour['word'] | undefined) ?? 'run', ms };
}

/** What an init container does, by the tag of its image alone: it ends well, late, or not at all. */
export function initBehaviourOf(container: JsonMap): Behaviour {
  const behaviour = read(words.exec(tagOf(container)));
  return ['slow', 'bad', 'crash'].includes(behaviour.word) ? behaviour : { word: 'run', ms: undefined };
}

/** How long the pod stays after it was deleted, milliseconds. */
export function lingerOf(pod: KubernetesObject): number {
  const texts = [annotationOf(pod), ...listAt(pod.spec, 'containers').map(tagOf)];
  const times = texts.map((text) => {
    const match = lingerWord.exec(text);
    if (!match) return 0;
    return match[1] === undefined ? 5_000 : Number(match[1]) * (units[match[2] ?? 's'] ?? 1_000);
  });
  return Math.max(0, ...times);
}

function annotationOf(pod: KubernetesObject): string {
  return textOr(mapAt(pod.metadata, 'annotations')['rollout.test/behaviour']);
}

function tagOf(container: JsonMap): string {
  const image = textOr(container['image']).split('@')[0] ?? '';
  return /:([^/:]+)$/.exec(image)?.[1] ?? '';
}
