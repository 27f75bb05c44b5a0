import { ServiceError } from '../framework/errors.ts';
import { isTag, tryParseImageReference } from '../framework/image-reference.ts';
import { tagOrders } from '../framework/tag-policies/tag-order.ts';
import { createTagPolicy, tagPolicies, type TagPolicy, type TagPolicyOptions } from '../framework/tag-policies/tag-policy.ts';
import { type Command, UsageError } from './command.ts';
import { parseOperands } from './parse-operands.ts';

/** What `--json` prints. */
interface TagExplanation {
  /** The candidate that would be deployed if all of them were pushed in this order; null for none. */
  readonly deploy: string | null;
  readonly candidates: readonly Candidate[];
  /** Only where the policy, the pattern or the order is invalid, for which there are no candidates. */
  readonly error?: string;
}

interface Candidate {
  readonly tag: string;
  /** Whether a push of it alone would be let through. */
  readonly accepted: boolean;
  /** Why it would not be deployed; null for the one that would. */
  readonly reason: string | null;
}

export const explainTag: Command = {
  help: `webhook-service explain tag [--policy P] [--tag PATTERN] [--order O] [--current TAG] [--json] CANDIDATE…

Says which of the tags would be deployed if they were pushed in this order, and why each other would not. Exit code 1 if the policy,
the pattern or the order is invalid.

  --policy P       ${tagPolicies.join(', ')}; without it, exact with --tag and any without
  --tag PATTERN    the tag, the pattern or the range, as in the receiver's field tag
  --order O        ${tagOrders.join(', ')}; as in the receiver's field tagOrder
  --current TAG    the tag that runs, or the whole image; without it, nothing runs
  --json           print {deploy, candidates: [{tag, accepted, reason}]}; deploy is null if none would be; with an error if the policy,
                   the pattern or the order is invalid

Examples:
  webhook-service explain tag --policy semver --tag '^1.2' --current 1.2.3 1.2.2 1.3.0 2.0.0
  webhook-service explain tag --policy glob --tag 'build-*' --current build-7 build-8
  webhook-service explain tag --policy regex --tag '^main-[0-9a-f]+-(?P<time>\\d+)$' --current main-ab12-100 main-cd34-99
`,
  async run(args) {
    const { texts, switches, operands } = parseOperands(args, ['policy', 'tag', 'order', 'current'], ['json']);
    if (operands.length === 0) throw new UsageError('explain tag needs at least one candidate');
    const current = tagOf(texts.get('current'));
    const explanation = judge(
      { policy: texts.get('policy'), tag: texts.get('tag'), order: texts.get('order') },
      current,
      operands,
    );
    process.stdout.write(switches.has('json') ? `${JSON.stringify(explanation)}\n` : inWords(explanation));
    return explanation.error === undefined ? 0 : 1;
  },
};

/** A text that may be both is a tag. */
function tagOf(current: string | undefined): string | undefined {
  if (current === undefined || current === '') return undefined;
  if (isTag(current)) return current;
  const image = tryParseImageReference(current);
  if (image === undefined) throw new UsageError(`--current ${current} is neither a tag nor an image`);
  return image.tag ?? (image.digest === undefined ? 'latest' : undefined);
}

function judge(options: TagPolicyOptions, current: string | undefined, tags: readonly string[]): TagExplanation {
  try {
    return explain(createTagPolicy(options), current, tags);
  } catch (thrown) {
    if (!(thrown instanceof ServiceError)) throw thrown;
    return { deploy: null, candidates: [], error: thrown.message };
  }
}

function explain(policy: TagPolicy, current: string | undefined, tags: readonly string[]): TagExplanation {
  const refusals = tags.map(
    (tag) => policy.reasonToIgnore(tag) ?? (current === undefined ? undefined : policy.reasonNotToReplace(current, tag)),
  );
  const newest = tags
    .filter((_, index) => refusals[index] === undefined)
    .reduce<string | null>((best, tag) => (best === null || !isNewer(policy, best, tag) ? tag : best), null);
  const candidates = tags.map((tag, index) => {
    const refusal = refusals[index];
    if (refusal !== undefined) return { tag, accepted: false, reason: refusal };
    const reason = tag === newest && tag !== current ? null : whyAnother(policy, tag, newest, current);
    return { tag, accepted: true, reason };
  });
  return { deploy: newest === current ? null : newest, candidates };
}

function whyAnother(policy: TagPolicy, tag: string, newest: string | null, current: string | undefined): string {
  if (tag === current || newest === null) return `tag ${tag} runs already, only another digest of it would be deployed`;
  return isNewer(policy, newest, tag) ? `tag ${newest} is newer` : `tag ${newest} is pushed later`;
}

/** Where the policy has no order, what is pushed later is newer. */
function isNewer(policy: TagPolicy, tag: string, later: string): boolean {
  return (policy.rank(tag) ?? '') > (policy.rank(later) ?? '');
}

function inWords({ deploy, candidates, error }: TagExplanation): string {
  if (error !== undefined) return `invalid: ${error}\n`;
  const width = Math.max(...candidates.map(({ tag }) => tag.length));
  const lines = candidates.map(({ tag, reason }) => `  ${tag.padEnd(width)}  ${reason ?? 'would be deployed'}\n`);
  return `${deploy === null ? 'nothing would be deployed' : `${deploy} would be deployed`}\n${lines.join('')}`;
}
