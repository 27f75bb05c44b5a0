import { isJsonObject, type JsonObject } from '../framework/json.ts';
import { ApiClient, apiFlags, apiFlagsHelp } from './api-client.ts';
import { type Command, UsageError } from './command.ts';
import { parseOperands } from './parse-operands.ts';

export const receiversList: Command = {
  help: `webhook-service receivers list [--json]

Lists the receivers of a project: id, driver, state and name. Their URLs are credentials and are shown with --json alone.

${apiFlagsHelp}
  --json             print them as the API shows them, one on a line

Examples:
  webhook-service receivers list --key-file ./data/admin-key
  webhook-service receivers list --json --project 1a7
`,
  async run(args, signal) {
    const { texts, switches, operands } = parseOperands(args, apiFlags, ['json']);
    if (operands.length > 0) throw new UsageError('receivers list takes no name');
    const receivers = await listReceivers(new ApiClient(texts, process.env), signal);
    process.stdout.write(
      switches.has('json') ? receivers.map((each) => `${JSON.stringify(each)}\n`).join('') : inWords(receivers),
    );
    return 0;
  },
};

/** All receivers of the project. */
export async function listReceivers(client: ApiClient, signal: AbortSignal): Promise<readonly JsonObject[]> {
  const { data } = await client.call({ path: 'receivers' }, signal);
  return Array.isArray(data) ? data.filter(isJsonObject) : [];
}

function inWords(receivers: readonly JsonObject[]): string {
  if (receivers.length === 0) return 'there are no receivers\n';
  const rows = receivers.map(({ id, driver, state, paused, name }) =>
    [id, driver, paused === true ? 'paused' : state, name].map((cell) => (typeof cell === 'string' ? cell : '')),
  );
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => `${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}\n`).join('');
}
