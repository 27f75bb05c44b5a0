import { nameAt, nameAtHub, splitReference, type ImageName } from './image-name.ts';
import { firstText, partAt, textAt } from './payload-parts.ts';

/** What a body of no particular registry says of an image; absent parts are empty. */
export interface LooseImage {
  /** Absent where no repository is named. */
  readonly name: ImageName | undefined;
  readonly tag: string;
  readonly digest: string;
}

const names = {
  registry: ['registryUrl', 'registry', 'registryHost', 'host'],
  image: ['image', 'imageUri', 'imageName', 'reference'],
  repository: ['repository', 'repositoryName', 'name'],
  tag: ['tag', 'imageTag'],
  digest: ['digest', 'imageDigest'],
} as const;

/** Reads the field names that people choose: one whole reference, or repository, tag and digest apart. */
export function looseImage(source: unknown): LooseImage {
  const field = (of: readonly string[]): string => firstText(...of.map((name) => textAt(source, name)));
  const whole = splitReference(firstText(field(names.image), field(names.repository)));
  const registry = field(names.registry);
  const name = registry === '' ? nameAtHub(whole.name) : nameAt(registry, whole.name);
  return {
    name: whole.name === '' ? undefined : name,
    tag: firstText(field(names.tag), whole.tag),
    digest: firstText(field(names.digest), whole.digest),
  };
}

/** True for a body that names an image in one of these ways. */
export function namesAnImage(source: unknown): boolean {
  const has = (of: readonly string[]): boolean => of.some((name) => textAt(source, name) !== '');
  return (
    has(names.image) ||
    (has(names.repository) && [...names.tag, ...names.digest].some((name) => partAt(source, name) !== undefined))
  );
}

/** The word in the name of an event or an action that says that nothing was pushed; undefined if there is none. */
export function notAPush(event: string): string | undefined {
  const words = event.toLowerCase().split(/[^a-z]+/);
  return words.find((word) => /^(?:delet|remov|pull|untag|scan|quarantin|expir|prun)/.test(word) && word !== 'pullrequest');
}
