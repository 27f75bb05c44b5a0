import { nameAt, nameAtHub, splitReference, withoutScheme, type ImageName } from './image-name.ts';
import { firstText, listAt, partAt, textAt } from './payload-parts.ts';

/** What a body of no particular registry says of an image; absent parts are empty. */
export interface LooseImage {
  /** Absent where no repository is named. */
  readonly name: ImageName | undefined;
  readonly tag: string;
  readonly digest: string;
}

const names = {
  registry: ['registryUrl', 'registry', 'registryHost', 'host'],
  image: ['image', 'imageUri', 'imageName'],
  repository: ['repository', 'repositoryName', 'name'],
  tag: ['tag', 'imageTag'],
  digest: ['digest', 'imageDigest'],
} as const;

/** Reads the field names that people choose: one whole reference, or repository, tag and digest apart. */
export function looseImage(source: unknown): LooseImage {
  const field = (of: readonly string[]): string => firstText(...of.map((name) => textAt(source, name)));
  const repository = field(names.repository);
  const reference = textAt(source, 'reference');
  // Beside a repository it is what the registry's protocol calls so: a tag or a digest.
  const isTag = repository !== '' && /^[^/:]+$|^\w+:[a-f0-9]+$/i.test(reference);
  const whole = splitReference(withoutScheme(firstText(field(names.image), isTag ? '' : reference, repository)));
  const registry = field(names.registry);
  const name = registry === '' ? nameAtHub(whole.name) : nameAt(registry, whole.name);
  return {
    name: whole.name === '' ? undefined : name,
    tag: firstText(field(names.tag), whole.tag, isTag ? reference : ''),
    digest: firstText(field(names.digest), whole.digest),
  };
}

/** True for a body that names an image in one of these ways. */
export function namesAnImage(source: unknown): boolean {
  const has = (of: readonly string[]): boolean => of.some((name) => textAt(source, name) !== '');
  const version = [...names.tag, ...names.digest, 'tags', 'reference'];
  const isReference = textAt(source, 'reference').includes('/');
  return has(names.image) || isReference || (has(names.repository) && version.some((name) => partAt(source, name) !== undefined));
}

/** The tags that a body has in a list. */
export function looseTags(source: unknown): readonly string[] {
  const tags = listAt(source, 'tags').filter((tag) => typeof tag === 'string');
  return [...new Set(tags.map((tag) => tag.trim()))].filter((tag) => tag !== '');
}

/** True for a tag that lost its quotes, and maybe more with them: 1.10 is 1.1 as a number. */
export function hasTagWithoutQuotes(source: unknown): boolean {
  return names.tag.some((name) => typeof partAt(source, name) === 'number');
}

const beginnings = /^(?:delet|remov|pull|untag|scan|quarantin|expir|prun)/;
const words = /^(?:fail|failed|failure|error|rejected|cancell?ed|aborted|lint|linted|signed|started|queued|pending)$/;

/** True if a word in the name of an event or an action says that nothing was pushed, or not yet. */
export function isNotAPush(event: string): boolean {
  const found = event.toLowerCase().split(/[^a-z]+/);
  // How something ended stands behind what it was; before that may be anybody's domain.
  const isUndone = found.slice(-3).some((word) => words.test(word));
  return isUndone || found.some((word) => beginnings.test(word) && word !== 'pullrequest');
}
