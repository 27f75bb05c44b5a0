import { ServiceError } from './errors.ts';
import { compileGlob } from './glob.ts';

/**
 * An image reference in its normalised form: `nginx` means `docker.io/library/nginx`.
 * Grammar and normalisation are those of github.com/distribution/reference.
 */
export interface ImageReference {
  /** The registry's host with its port, if any: `docker.io`, `registry.example.com:5000`. */
  readonly domain: string;
  /** The repository within the registry: `library/nginx`. */
  readonly path: string;
  readonly tag?: string;
  readonly digest?: string;
  /** `domain/path`: what names a repository. */
  readonly name: string;
  /** `domain/path[:tag][@digest]`. */
  readonly normalized: string;
  /** The shortest text that means the same: `nginx:1.27`. */
  readonly familiar: string;
}

/** What the text itself says, before normalisation; `domain` is absent where it has none. */
export interface ReferenceParts {
  readonly domain?: string;
  readonly path: string;
  readonly tag?: string;
  readonly digest?: string;
}

const defaultDomain = 'docker.io';
const officialPrefix = 'library/';
/** Hosts that serve Docker Hub beside `docker.io`: the one of Docker 1.x, and the one that the protocol is spoken to. */
const hubHosts = new Set([defaultDomain, 'index.docker.io', 'registry-1.docker.io']);
const maxPathLength = 255;

const component = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*';
const pathPattern = `${component}(?:/${component})*`;
const hostLabel = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])';
const domainPattern = `(?:${hostLabel}(?:\\.${hostLabel})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?`;
const tagPattern = '\\w[\\w.-]{0,127}';
const digestPattern = '[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}';

const reference = new RegExp(`^((?:${domainPattern}/)?${pathPattern})(?::(${tagPattern}))?(?:@(${digestPattern}))?$`);
const nameWithDomain = new RegExp(`^(${domainPattern})/(${pathPattern})$`);
const tag = new RegExp(`^${tagPattern}$`);
const digest = new RegExp(`^${digestPattern}$`);
const identifier = /^[a-f0-9]{64}$/;
const sha256 = /^sha256:[a-f0-9]{64}$/;

/** True for what may stand behind the colon of a reference. */
export function isTag(text: string): boolean {
  return tag.test(text);
}

/** True for `sha256:` and 64 lower-case hexadecimal digits, the one algorithm that distribution/reference accepts by itself. */
export function isDigest(text: string): boolean {
  return sha256.test(text);
}

/**
 * Takes a reference apart by the grammar alone: `a/b` has the domain `a` here.
 * @throws ServiceError `InvalidRequest` with the text of distribution/reference.
 */
export function parseReferenceParts(text: string): ReferenceParts {
  const match = reference.exec(text);
  if (match === null)
    throw invalid(text === '' ? faults.empty : reference.test(text.toLowerCase()) ? faults.uppercase : faults.format);
  const [, name = '', tag, digest] = match;
  const [, domain, path = name] = nameWithDomain.exec(name) ?? [];
  if (path.length > maxPathLength) throw invalid(faults.length);
  if (digest !== undefined) requireDigest(digest);
  return {
    path,
    ...(domain !== undefined && { domain }),
    ...(tag !== undefined && { tag }),
    ...(digest !== undefined && { digest }),
  };
}

/**
 * Parses a reference as people write it, `nginx:1.27` as well as `registry.example.com:5000/acme/web@sha256:…`.
 * @throws ServiceError `InvalidRequest` with the text of distribution/reference.
 */
export function parseImageReference(text: string): ImageReference {
  if (identifier.test(text)) throw invalid(`invalid repository name (${text}), cannot specify 64-byte hexadecimal strings`);
  const { domain: likely, remainder } = splitDomain(text);
  const [remote = ''] = remainder.split(':', 1);
  if (remote !== remote.toLowerCase()) {
    throw invalid(`invalid reference format: repository name (${remote}) must be lowercase`);
  }
  // An empty text must not become `docker.io/library/`, whose fault is another one.
  return describe(parseReferenceParts(text === '' ? text : `${likely}/${remainder}`));
}

/**
 * Parses by the grammar alone, without normalisation: what `Parse` of distribution/reference does. `domain` is empty where the
 * text has none.
 * @throws ServiceError `InvalidRequest`
 */
export function parseRawReference(text: string): ImageReference {
  return describe(parseReferenceParts(text));
}

/** Accepts a reference only as the normal form has it. @throws ServiceError `InvalidRequest` */
export function parseCanonicalReference(text: string): ImageReference {
  const parsed = parseImageReference(text);
  if (parsed.normalized !== text) throw invalid(faults.notCanonical);
  return parsed;
}

/** What `docker pull` asks the registry for: `latest` where nothing is said, and the digest alone where there is one. */
export function parsePulledReference(text: string): ImageReference {
  const { domain, path, tag = 'latest', digest } = parseImageReference(text);
  return describe({ domain, path, ...(digest === undefined ? { tag } : { digest }) });
}

/** The digest that a text is by itself, `sha256:…` or the 64 digits of an image's id; undefined for one that is none. */
export function digestOf(text: string): string | undefined {
  const digest = identifier.test(text) ? `sha256:${text}` : text;
  return isDigest(digest) ? digest : undefined;
}

/** As `parseImageReference`, but undefined for a text that is none. */
export function tryParseImageReference(text: string): ImageReference | undefined {
  try {
    return parseImageReference(text);
  } catch {
    return undefined;
  }
}

/** True if both texts are references to one repository, whatever their tags and digests and however they spell it or its host. */
export function sameRepository(a: string, b: string): boolean {
  const first = tryParseImageReference(a);
  return first !== undefined && first.name.toLowerCase() === tryParseImageReference(b)?.name.toLowerCase();
}

/**
 * True if the familiar form matches the pattern, with its tag and digest or without: `*\/web` matches `acme/web:2`.
 * @throws PatternError for a pattern that `compileGlob` does not read.
 */
export function matchesReference(pattern: string, { familiar }: ImageReference): boolean {
  const matches = compileGlob(pattern);
  return matches(familiar) || matches(repositoryAsSpelled(familiar));
}

/** A reference without its tag and digest, otherwise as it is spelled: `nginx:1.27` gives `nginx`. */
export function repositoryAsSpelled(text: string): string {
  const [name = ''] = text.split('@', 1);
  const colon = name.indexOf(':', name.lastIndexOf('/') + 1);
  return colon === -1 ? name : name.slice(0, colon);
}

/** The text with this tag in place of its own; its digest stays. @throws ServiceError `InvalidRequest` */
export function withTag(text: string, newTag: string): string {
  if (!isTag(newTag)) throw invalid(faults.tag);
  const at = text.indexOf('@');
  return `${repositoryAsSpelled(text)}:${newTag}${at === -1 ? '' : text.slice(at)}`;
}

/** The text with this digest in place of its own; its tag stays. @throws ServiceError `InvalidRequest` */
export function withDigest(text: string, newDigest: string): string {
  if (!digest.test(newDigest)) throw invalid(faults.digest);
  const [tagged = ''] = text.split('@', 1);
  return `${tagged}@${newDigest}`;
}

/** The rule that tells `docker.io/acme` from `acme.example/web`: a host has a dot, a colon or an upper-case letter, or is `localhost`. */
function splitDomain(text: string): { domain: string; remainder: string } {
  const slash = text.indexOf('/');
  const first = slash === -1 ? '' : text.slice(0, slash);
  const isHost = first === 'localhost' || /[.:]/.test(first) || first !== first.toLowerCase();
  const domain = isHost && !hubHosts.has(first) ? first : defaultDomain;
  const remainder = isHost ? text.slice(slash + 1) : text;
  const official = domain === defaultDomain && !remainder.includes('/');
  return { domain, remainder: official ? officialPrefix + remainder : remainder };
}

// What looks like a domain and is none, such as `a__b.c/d`, belongs to the path, as in distribution.
function describe(parts: ReferenceParts): ImageReference {
  const { domain = '', path, tag, digest } = parts;
  const name = joined(domain, path);
  const suffix = suffixOf(parts);
  return {
    domain,
    path,
    ...(tag !== undefined && { tag }),
    ...(digest !== undefined && { digest }),
    name,
    normalized: name + suffix,
    familiar: familiarName(domain, path) + suffix,
  };
}

function joined(domain: string, path: string): string {
  return domain === '' ? path : `${domain}/${path}`;
}

/** Leaves the domain or `library/` out only where the shorter text means the same again. */
function familiarName(domain: string, path: string): string {
  if (domain !== defaultDomain) return joined(domain, path);
  const short = /^library\/[^/]+$/.test(path) ? path.slice(officialPrefix.length) : path;
  if (identifier.test(short)) return `${domain}/${short}`;
  const again = splitDomain(short);
  return again.domain === domain && again.remainder === path ? short : `${domain}/${path}`;
}

function suffixOf({ tag, digest }: ReferenceParts): string {
  return (tag === undefined ? '' : `:${tag}`) + (digest === undefined ? '' : `@${digest}`);
}

function requireDigest(digest: string): void {
  if (isDigest(digest)) return;
  const [algorithm, encoded = ''] = digest.split(':');
  if (algorithm !== 'sha256') throw invalid(faults.digestAlgorithm);
  throw invalid(encoded.length === 64 ? faults.digestFormat : faults.digestLength);
}

const faults = {
  empty: 'repository name must have at least one component',
  format: 'invalid reference format',
  uppercase: 'repository name must be lowercase',
  length: `repository name must not be more than ${maxPathLength} characters`,
  notCanonical: 'repository name must be canonical',
  tag: 'invalid tag format',
  digest: 'invalid digest format',
  digestAlgorithm: 'unsupported digest algorithm',
  digestLength: 'invalid checksum digest length',
  digestFormat: 'invalid checksum digest format',
} as const;

function invalid(text: string): ServiceError {
  return new ServiceError('InvalidRequest', text);
}
