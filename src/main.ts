#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { type Command, UsageError } from './cli/command.ts';
import { demoCommand } from './cli/demo-command.ts';
import { emulateCommand } from './cli/emulate-command.ts';
import { serveCommand } from './cli/serve-command.ts';
import { coerceError } from './framework/errors.ts';

const commands: readonly Command[] = [serveCommand, demoCommand, emulateCommand];

const usage = `webhook-service: signed callback URLs that turn registry pushes into rollouts

Usage: webhook-service [command] [options]

Commands:
${commands.map((command) => `  ${command.name.padEnd(10)} ${command.summary}`).join('\n')}

webhook-service <command> --help   the options of a command, with examples
webhook-service --version

Examples:
  webhook-service demo
  webhook-service serve --embedded
  webhook-service emulate rancher --port 8080 --speed instant
`;

function version(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

async function main(args: readonly string[], signal: AbortSignal): Promise<number> {
  const [first = ''] = args;
  if (first === '--version' || first === 'version') return say(version());
  if (first === 'help' || first === '--help' || first === '-h') return say(usage);
  const named = commands.find((command) => command.name === first);
  if (!named && first !== '' && !first.startsWith('-')) throw new UsageError(`there is no command ${first}`);
  const command = named ?? serveCommand;
  const rest = named ? args.slice(1) : args;
  if (rest.includes('--help') || rest.includes('-h')) return say(command.help);
  return command.run(rest, signal);
}

function say(text: string): number {
  process.stdout.write(`${text.trimEnd()}\n`);
  return 0;
}

/** Only this warning is silenced: node:sqlite is a release candidate and says so at every start. */
function silenceSqliteWarning(): void {
  process.removeAllListeners('warning');
  process.on('warning', (warning) => {
    if (warning.name !== 'ExperimentalWarning' || !warning.message.includes('SQLite'))
      process.stderr.write(`${warning.name}: ${warning.message}\n`);
  });
}

/** The first signal asks the program to end, the second ends it. */
function abortOnSignal(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(1);
      controller.abort();
    });
  }
  return controller.signal;
}

silenceSqliteWarning();
try {
  process.exitCode = await main(process.argv.slice(2), abortOnSignal());
} catch (thrown) {
  const error = coerceError(thrown);
  const hint = error instanceof UsageError ? '\nTry webhook-service --help' : '';
  process.stderr.write(`webhook-service: ${error.message}${hint}\n`);
  process.exitCode = 1;
}
