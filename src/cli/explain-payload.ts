import { parseArgs } from 'node:util';
import { encodingFault } from '../framework/encoding-fault.ts';
import { coerceError, ServiceError } from '../framework/errors.ts';
import { imageEventFault } from '../framework/image-event-fault.ts';
import { checkPayloadOptions } from '../framework/payload-fields.ts';
import type { IgnoredEvent, PayloadContents, PayloadHeaders, PayloadOptions } from '../framework/payload-format.ts';
import { autoFormat, parsePayload, readPayload } from '../framework/read-payload.ts';
import { payloadFormats } from '../payloads/index.ts';
import { type Command, UsageError } from './command.ts';
import { type Input, parseSentHeader, readSentBody } from './sent-body.ts';

/** What `--json` prints. */
interface PayloadExplanation {
  /** Null where the payload cannot be read. */
  readonly format: string | null;
  readonly events: readonly ExplainedEvent[];
  /** Only where the payload cannot be read. */
  readonly error?: string;
}

/** What the payload does not say is null. */
interface ExplainedEvent {
  readonly outcome: 'deploy' | IgnoredEvent['outcome'];
  readonly registry: string | null;
  readonly repository: string | null;
  readonly tag: string | null;
  readonly digest: string | null;
  /** Why it deploys nothing. */
  readonly reason: string | null;
}

/** The options that a receiver has as fields. */
const optionNames = {
  'image-path': 'imagePath',
  'tag-path': 'tagPath',
  'digest-path': 'digestPath',
  'address-type': 'addressType',
} as const;

/** @param input where the body comes from. */
export function explainPayloadOf(input: () => Input): Command {
  return {
    help: `webhook-service explain payload [--format F] [--header 'K: V']… [--json] < body

Reads the body of a push from standard input, and says which images it would deploy, or why none. Exit code 1 if it cannot be read.

  --format F          ${formatNames().join(', ')};
                      auto, the default, finds it by the body and the headers
  --header 'K: V'     a header that the sender sent with it, such as 'X-GitHub-Event: package'; as often as needed
  --image-path P, --tag-path P, --digest-path P
                      for --format custom: where in the body they are, as in the receiver's fields imagePath and so on
  --address-type A    for --format alicloud: the first label of the registry's host
  --json              print {format, events: [{outcome, registry, repository, tag, digest, reason}]}; null: it does not say

Examples:
  webhook-service explain payload < push.json
  webhook-service explain payload --header 'X-GitHub-Event: package' --json < push.json
  webhook-service explain payload --format custom --image-path '$.artifact.name' --tag-path '$.artifact.tags[*]' < push.json
`,
    async run(args) {
      const { format, headers, options, json } = parse(args);
      const explanation = explain(format, await readSentBody(input()), headers, options);
      process.stdout.write(json ? `${JSON.stringify(explanation)}\n` : inWords(explanation));
      return explanation.error === undefined ? 0 : 1;
    },
  };
}

export const explainPayload = explainPayloadOf(() => process.stdin);

function formatNames(): string[] {
  return [autoFormat, ...payloadFormats.all.map(({ id }) => id)];
}

interface Parsed {
  readonly format: string;
  readonly headers: PayloadHeaders;
  readonly options: PayloadOptions;
  readonly json: boolean;
}

function parse(args: readonly string[]): Parsed {
  const text = { type: 'string' } as const;
  const texts = Object.fromEntries(Object.keys(optionNames).map((name) => [name, text]));
  let values: Record<string, unknown>;
  try {
    ({ values } = parseArgs({
      args: [...args],
      options: { format: text, header: { type: 'string', multiple: true, short: 'H' }, json: { type: 'boolean' }, ...texts },
    }));
  } catch (thrown) {
    throw new UsageError(coerceError(thrown).message);
  }
  const { format = autoFormat, header = [], json = false } = values as { format?: string; header?: string[]; json?: boolean };
  if (!formatNames().includes(format)) throw new UsageError(`--format must be one of ${formatNames().join(', ')}, not ${format}`);
  const options = Object.entries(optionNames).flatMap(([name, field]) => (name in values ? [[field, values[name]]] : []));
  return {
    format,
    headers: Object.fromEntries(header.map(parseSentHeader)),
    options: Object.fromEntries(options) as PayloadOptions,
    json,
  };
}

function explain(format: string, body: Buffer, headers: PayloadHeaders, options: PayloadOptions): PayloadExplanation {
  try {
    const fault = encodingFault(headers['content-encoding']);
    if (fault !== undefined) throw fault;
    checkPayloadOptions(payloadFormats.find(format), { ...options });
    const contents = readPayload(payloadFormats, format, parsePayload(body, headers), headers, options);
    return { format: contents.format, events: eventsOf(contents) };
  } catch (thrown) {
    if (!(thrown instanceof ServiceError)) throw thrown;
    return { format: format === autoFormat ? null : format, events: [], error: thrown.message };
  }
}

function eventsOf({ events, ignored }: PayloadContents): ExplainedEvent[] {
  const pushed = events.map((event) => {
    // No receiver deploys what nothing could pull.
    const reason = imageEventFault(event) ?? null;
    return { outcome: reason === null ? ('deploy' as const) : ('ignore' as const), reason, ...event };
  });
  return [...pushed, ...ignored].map(({ outcome, registry = null, repository = null, tag = null, digest = null, reason }) => ({
    outcome,
    registry,
    repository,
    tag,
    digest,
    reason,
  }));
}

function inWords({ format, events, error }: PayloadExplanation): string {
  if (error !== undefined) return `cannot be read: ${error}\n`;
  return `format ${format}\n${events.map((event) => `${lineOf(event)}\n`).join('')}`;
}

function lineOf({ outcome, registry, repository, tag, digest, reason }: ExplainedEvent): string {
  const host = registry === null ? '(registry not said)/' : `${registry}/`;
  const image =
    repository === null ? '' : ` ${host}${repository}${tag === null ? '' : `:${tag}`}${digest === null ? '' : `@${digest}`}`;
  return `${outcome}${image}${reason === null ? '' : `: ${reason}`}`;
}
