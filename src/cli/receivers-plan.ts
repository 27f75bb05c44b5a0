import { parseArgs } from 'node:util';
import { coerceError } from '../framework/errors.ts';
import { isJsonObject, type JsonObject } from '../framework/json.ts';
import { ApiClient, type ApiFlag, apiFlags, apiFlagsHelp } from './api-client.ts';
import { type Command, UsageError } from './command.ts';
import { listReceivers } from './receivers-list.ts';
import { type Input, parseSentHeader, readSentBody } from './sent-body.ts';

/** @param input where the body comes from. */
export function receiversPlanOf(input: () => Input): Command {
  return {
    help: `webhook-service receivers plan RECEIVER [--header 'K: V']… [--json] < body

A dry run: reads the body of a push from standard input and says what the receiver would do with it now, by the same plan that a
real push is carried out by. Nothing is stored or written. RECEIVER is an id or a name.

  --header 'K: V'    a header that the sender sends with it, such as 'X-GitHub-Event: package'; as often as needed
${apiFlagsHelp}
  --json             print the plan as the API answers it

Examples:
  webhook-service receivers plan web --key-file ./data/admin-key < push.json
  echo '{"image": "acme/web:1.2.3"}' | webhook-service receivers plan 1go7 --json
`,
    async run(args, signal) {
      const { receiver, headers, texts, json } = parse(args);
      const client = new ApiClient(texts, process.env);
      const body = await readSentBody(input());
      const id = await findReceiver(client, receiver, signal);
      const path = `receivers/${encodeURIComponent(id)}`;
      const plan = await client.call({ path, query: { action: 'plan' }, body, headers }, signal);
      process.stdout.write(json ? `${JSON.stringify(plan)}\n` : inWords(plan));
      return 0;
    },
  };
}

export const receiversPlan = receiversPlanOf(() => process.stdin);

interface Parsed {
  readonly receiver: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly texts: ReadonlyMap<string, string>;
  readonly json: boolean;
}

function parse(args: readonly string[]): Parsed {
  const text = { type: 'string' } as const;
  const options = {
    ...Object.fromEntries(apiFlags.map((name) => [name, text])),
    header: { type: 'string', multiple: true, short: 'H' },
    json: { type: 'boolean' },
  } as const;
  let values: Readonly<Record<string, unknown>>;
  let positionals: readonly string[];
  try {
    ({ values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true }));
  } catch (thrown) {
    throw new UsageError(coerceError(thrown).message, { cause: thrown });
  }
  const [receiver, ...more] = positionals;
  if (receiver === undefined || more.length > 0) throw new UsageError('receivers plan needs the id or the name of one receiver');
  const { header = [], json = false, ...texts } = values as { header?: string[]; json?: boolean } & Record<ApiFlag, string>;
  return {
    receiver,
    headers: { 'content-type': 'application/json', ...Object.fromEntries(header.map(parseSentHeader)) },
    texts: new Map(Object.entries(texts)),
    json,
  };
}

/** An id goes before a name. */
async function findReceiver(client: ApiClient, wanted: string, signal: AbortSignal): Promise<string> {
  const receivers = await listReceivers(client, signal);
  const found = receivers.find(({ id }) => id === wanted) ?? receivers.find(({ name }) => name === wanted);
  if (typeof found?.['id'] === 'string') return found['id'];
  const names = receivers.map((each) => textIn(each, 'name')).join(', ');
  throw new Error(`there is no receiver ${wanted}; ${names === '' ? 'the project has none' : `there are ${names}`}`);
}

function inWords(plan: JsonObject): string {
  const [state, message] = [textIn(plan, 'state'), textIn(plan, 'message')];
  const actions = objectsIn(plan['plannedActions']).flatMap((action) => [
    `  would change  ${textIn(action, 'target')}`,
    `                ${textIn(action, 'description')}`,
  ]);
  const skipped = objectsIn(plan['skipped']).map(
    (each) => `  leaves alone  ${textIn(each, 'target')}: ${textIn(each, 'reason')}`,
  );
  return `${[message === '' ? state : `${state}: ${message}`, ...actions, ...skipped].join('\n')}\n`;
}

function textIn(object: JsonObject, name: string): string {
  const value = object[name];
  return typeof value === 'string' ? value : '';
}

function objectsIn(list: unknown): readonly JsonObject[] {
  return Array.isArray(list) ? list.filter(isJsonObject) : [];
}
