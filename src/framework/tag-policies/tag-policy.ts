import { coerceError, ServiceError } from '../errors.ts';
import { compileGlob } from '../glob.ts';
import { isTag } from '../image-reference.ts';
import { LruMap } from '../lru-map.ts';
import { PatternError } from '../pattern-error.ts';
import { compileLinearRegex } from './linear-regex.ts';
import { rankInOrder, type TagOrder, tagOrders } from './tag-order.ts';
import { versionOfTag } from './tag-version.ts';
import { parseVersionRange } from './version-range.ts';

/** Which tags may be deployed, and which of two is newer. */
export interface TagPolicy {
  /** @returns why a push of this tag is none of the receiver's business, for people; undefined where it is. */
  reasonToIgnore(tag: string): string | undefined;
  /** @returns why the one tag must not take the place of the other, which runs; undefined where it may. The same tag may. */
  reasonNotToReplace(current: string, candidate: string): string | undefined;
  /** @returns a text that is greater (`<` of texts) the newer the tag is; undefined where the policy has no order, or no place in it for the tag. */
  rank(tag: string): string | undefined;
  /** How much work a tag is, for each of its characters, to judge or to rank; 0 for what is hardly any. */
  readonly stepsPerCharacter: number;
}

export interface TagPolicyOptions {
  /** Absent: `exact` with a tag, `any` without. */
  readonly policy?: string | undefined;
  /** The tag, the pattern or the range. */
  readonly tag?: string | undefined;
  readonly order?: string | undefined;
}

export const tagPolicies = ['exact', 'any', 'glob', 'semver', 'regex'] as const;

type PolicyName = (typeof tagPolicies)[number];
type Rules = Pick<TagPolicy, 'reasonToIgnore' | 'rank'> & Partial<Pick<TagPolicy, 'stepsPerCharacter'>>;

const maxGlobLength = 256;
/** What is neither in a tag nor of use to a pattern: `{a,b}` and `[!a]` mean themselves, and would never match. */
const inNoTag = /[^\w.*?[\]^\\-]/;

/** Compiling takes longer than all the rest of an acceptance. */
const compiled = new LruMap<string, TagPolicy>(256);

/** @throws ServiceError `InvalidConfig` that says what is wrong with the policy, the tag or the order. */
export function createTagPolicy({ policy, tag, order }: TagPolicyOptions): TagPolicy {
  const key = JSON.stringify([policy, tag, order]);
  const known = compiled.get(key);
  if (known !== undefined) return known;
  const name = policyName(policy, tag);
  const created = withGuards(createRules(name, tag, orderOf(name, order)), name === 'semver' ? 'lower' : 'older');
  compiled.set(key, created);
  return created;
}

function policyName(policy: string | undefined, tag: string | undefined): PolicyName {
  if (policy === undefined) return tag === undefined ? 'any' : 'exact';
  const name = tagPolicies.find((each) => each === policy);
  if (name === undefined) throw refused('tagPolicy', `Invalid tagPolicy "${policy}", must be one of ${tagPolicies.join(', ')}`);
  return name;
}

function orderOf(policy: PolicyName, order: string | undefined): TagOrder | undefined {
  if (order === undefined) return undefined;
  const known = tagOrders.find((each) => each === order);
  if (known === undefined) throw refused('tagOrder', `Invalid tagOrder "${order}", must be one of ${tagOrders.join(', ')}`);
  if (policy === 'exact' || policy === 'semver') throw refused('tagOrder', `tagOrder is of no use to tagPolicy ${policy}`);
  return known;
}

function createRules(policy: PolicyName, tag: string | undefined, order: TagOrder | undefined): Rules {
  if (policy === 'any') {
    if (tag !== undefined) throw refused('tag', 'tag is of no use to tagPolicy any');
    return ordered('any', () => true, order);
  }
  if (tag === undefined) throw refused('tag', `tagPolicy ${policy} needs a tag, such as ${examples[policy]}`);
  try {
    return patternRules[policy](tag, order);
  } catch (thrown) {
    if (!(thrown instanceof PatternError)) throw thrown;
    const fault = coerceError(thrown).message;
    throw refused('tag', `Invalid tag "${shortened(tag)}" for tagPolicy ${policy}: ${fault}`, thrown);
  }
}

const examples = { exact: '1.2.3', glob: 'build-*', semver: '^1.2', regex: '^build-(\\d+)$' } as const;

const patternRules: Readonly<Record<Exclude<PolicyName, 'any'>, (tag: string, order: TagOrder | undefined) => Rules>> = {
  exact(tag) {
    if (!isTag(tag)) throw refused('tag', `Invalid tag "${shortened(tag)}"`);
    return { reasonToIgnore: (pushed) => (pushed === tag ? undefined : `tag ${pushed} is not ${tag}`), rank: () => undefined };
  },
  glob(tag, order) {
    if (tag.length > maxGlobLength) throw new PatternError(`it is longer than ${maxGlobLength} characters`);
    if (tag === '') throw new PatternError('it is empty');
    const matches = compileGlob(tag);
    const at = tag.search(inNoTag);
    if (at !== -1) throw new PatternError(`"${tag[at]}" at position ${at + 1} is in no tag; there are *, ?, [a-z] and [^a-z]`);
    return ordered(tag, matches, order);
  },
  semver(tag) {
    const range = parseVersionRange(tag);
    return {
      reasonToIgnore(pushed) {
        const found = versionOfTag(pushed);
        if (found === undefined) return `tag ${pushed} is no version`;
        if (range.has(found.version)) return undefined;
        const isPrerelease = found.version.prerelease.length > 0 && range.hasOnlyReleaseOf(found.release);
        return isPrerelease ? `version ${pushed} is a prerelease, and ${tag} names none` : `version ${pushed} is not in ${tag}`;
      },
      rank: (each) => versionOfTag(each)?.rank,
    };
  },
  regex(tag, order) {
    if (tag === '') throw new PatternError('it is empty');
    const regex = compileLinearRegex(tag);
    // Without a group there is nothing that would be a version, such as in the hash of a commit: the push that comes last is newest.
    const by = order ?? (regex.hasGroup ? 'asc' : undefined);
    return {
      stepsPerCharacter: regex.size,
      reasonToIgnore(pushed) {
        const value = regex.find(pushed);
        if (value === undefined) return `tag ${pushed} does not match ${tag}`;
        if (by === undefined) return undefined;
        if (value === null) return `tag ${pushed} matches ${tag} without the group that is compared`;
        return rankInOrder(value, by) === undefined ? `"${value}" in tag ${pushed} is ${whatIsMissed(by)}` : undefined;
      },
      rank(each) {
        const value = by === undefined ? undefined : regex.find(each);
        return by === undefined || value === undefined || value === null ? undefined : rankInOrder(value, by);
      },
    };
  },
};

/** What has a place in the order by the whole tag, if there is one. */
function ordered(pattern: string, matches: (tag: string) => boolean, order: TagOrder | undefined): Rules {
  const rank = (tag: string): string | undefined => (order === undefined || !matches(tag) ? undefined : rankInOrder(tag, order));
  return {
    reasonToIgnore(tag) {
      if (!matches(tag)) return `tag ${tag} does not match ${pattern}`;
      return order === undefined || rank(tag) !== undefined ? undefined : `tag ${tag} is ${whatIsMissed(order)}`;
    },
    rank,
  };
}

function whatIsMissed(order: TagOrder): string {
  return order === 'semver' ? 'no version' : 'no number';
}

/** No text is looked at that is no tag: nothing may depend on how long it is. */
function withGuards({ reasonToIgnore, rank, stepsPerCharacter = 0 }: Rules, less: 'lower' | 'older'): TagPolicy {
  const guardedRank = (tag: string): string | undefined => (isTag(tag) ? rank(tag) : undefined);
  return {
    stepsPerCharacter,
    reasonToIgnore: (tag) => (isTag(tag) ? reasonToIgnore(tag) : `"${shortened(tag)}" is not a valid tag`),
    rank: guardedRank,
    reasonNotToReplace(current, candidate) {
      if (current === candidate) return undefined;
      const running = guardedRank(current);
      const offered = guardedRank(candidate);
      if (running === undefined || offered === undefined || offered > running) return undefined;
      if (offered < running) return `tag ${candidate} is ${less} than ${current}, which runs`;
      // Two spellings of one version are one image, or one of them moves on: 1.2 and 1.2.0.
      return less === 'lower' ? `tag ${candidate} is the same version as ${current}, which runs` : undefined;
    },
  };
}

function shortened(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

function refused(fieldName: string, text: string, cause?: unknown): ServiceError {
  return new ServiceError('InvalidConfig', text, { fieldName, ...(cause !== undefined && { cause }) });
}
