import { coerceError } from '../framework/errors.ts';
import {
  digestOf,
  type ImageReference,
  matchesReference,
  parseCanonicalReference,
  parseImageReference,
  parsePulledReference,
  parseRawReference,
} from '../framework/image-reference.ts';
import { type Command, UsageError } from './command.ts';
import { parseOperands } from './parse-operands.ts';

/** What `--json` prints; what a reference does not have is null. */
interface ImageExplanation {
  readonly valid: boolean;
  readonly error: string | null;
  readonly domain: string | null;
  readonly path: string | null;
  readonly tag: string | null;
  readonly digest: string | null;
  readonly normalized: string | null;
  readonly familiar: string | null;
  /** With `--match` alone. */
  readonly matches?: boolean;
}

const unknown: ImageExplanation = {
  valid: false,
  error: null,
  domain: null,
  path: null,
  tag: null,
  digest: null,
  normalized: null,
  familiar: null,
};

type Rule = (text: string) => ImageReference | { readonly digest: string };

const rules: ReadonlyMap<string, Rule> = new Map([
  ['normalized', parseImageReference],
  ['pull', parsePulledReference],
  ['any', parseAny],
  ['grammar', parseRawReference],
  ['canonical', parseCanonicalReference],
]);

export const explainImage: Command = {
  help: `webhook-service explain image REF [--rule RULE] [--match PATTERN] [--json]

Says which registry, repository, tag and digest a reference means, or what is wrong with it. Exit code 1 if it is invalid.

  --json         print {valid, error, domain, path, tag, digest, normalized, familiar}; null: it has none
  --rule RULE    how to read it, by the functions of github.com/distribution/reference:
                 normalized  as people write it, nginx is docker.io/library/nginx (ParseNormalizedNamed; the default)
                 pull        what docker pull asks for: latest if nothing is said, a digest before a tag (ParseDockerRef)
                 any         as normalized, and 64 hexadecimal digits are a digest (ParseAnyReference)
                 grammar     the grammar alone, a/b is the path b at the registry a (Parse)
                 canonical   only what is in normal form already (ParseNamed)
  --match P      say whether the familiar form, with or without tag and digest, matches a pattern with * and ?

Examples:
  webhook-service explain image nginx:1.27
  webhook-service explain image --json registry.example.com:5000/acme/web@sha256:…
  webhook-service explain image --rule pull nginx
`,
  async run(args) {
    const { texts, switches, operands } = parseOperands(args, ['rule', 'match'], ['json']);
    const [text, ...more] = operands;
    if (text === undefined || more.length > 0) throw new UsageError('explain image needs one image reference');
    const name = texts.get('rule') ?? 'normalized';
    const rule = rules.get(name);
    if (!rule) throw new UsageError(`--rule must be one of ${[...rules.keys()].join(', ')}, not ${name}`);
    const explanation = explain(rule, text, texts.get('match'));
    process.stdout.write(switches.has('json') ? `${JSON.stringify(explanation)}\n` : inWords(explanation));
    return explanation.valid ? 0 : 1;
  },
};

function explain(rule: Rule, text: string, pattern: string | undefined): ImageExplanation {
  let image: ReturnType<Rule>;
  try {
    image = rule(text);
  } catch (thrown) {
    return { ...unknown, error: coerceError(thrown).message };
  }
  const { digest = null } = image;
  if (!('path' in image)) return { ...unknown, valid: true, digest, normalized: digest, familiar: digest };
  const { domain, path, tag = null, normalized, familiar } = image;
  return {
    valid: true,
    error: null,
    domain: domain === '' ? null : domain,
    path,
    tag,
    digest,
    normalized,
    familiar,
    ...(pattern !== undefined && { matches: matchesReference(pattern, image) }),
  };
}

function parseAny(text: string): ReturnType<Rule> {
  const digest = digestOf(text);
  return digest === undefined ? parseImageReference(text) : { digest };
}

function inWords({ valid, error, domain, path, tag, digest, normalized, familiar, matches }: ImageExplanation): string {
  if (!valid) return `invalid: ${error}\n`;
  const lines = [
    ['registry', domain],
    ['repository', path],
    ['tag', tag],
    ['digest', digest],
    ['normalised', normalized],
    ['familiar', familiar],
    ...(matches === undefined ? [] : [['matches', matches ? 'yes' : 'no']]),
  ] as const;
  return lines.map(([label, value]) => `${label.padEnd(10)} ${value ?? '-'}\n`).join('');
}
