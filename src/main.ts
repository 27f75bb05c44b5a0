#!/usr/bin/env -S MALLOC_ARENA_MAX=2 MALLOC_TRIM_THRESHOLD_=65536 node --no-node-snapshot --max-semi-space-size=4 --expose-gc
// A burst of deliveries is garbage at once; V8 and the C library would keep more than a hundred megabytes for it. Node's snapshot
// costs 8 MB once there is a second thread, for a few milliseconds of the start. Kernels before 5.1 read only 127 bytes of the line.
import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { type Command, UsageError } from './cli/command.ts';
import { coerceError } from './framework/errors.ts';

interface Entry {
  readonly name: string;
  readonly summary: string;
  /** Loads the command alone: `serve` needs no emulator. */
  load(): Promise<Command>;
}

const serve: Entry = {
  name: 'serve',
  summary: 'run the service (the default without a command)',
  load: () => import('./cli/serve-command.ts').then((loaded) => loaded.serveCommand),
};

const entries: readonly Entry[] = [
  serve,
  {
    name: 'demo',
    summary: 'show a Docker Hub push rolling out on an emulated Kubernetes and an emulated Rancher',
    load: () => import('./cli/demo-command.ts').then((loaded) => loaded.demoCommand),
  },
  {
    name: 'emulate',
    summary: "run the Rancher or the Kubernetes emulator alone, for other people's tests",
    load: () => import('./cli/emulate-command.ts').then((loaded) => loaded.emulateCommand),
  },
  {
    name: 'explain',
    summary: 'say what the service makes of an image reference, a payload or a tag policy',
    load: () => import('./cli/explain-command.ts').then((loaded) => loaded.explainCommand),
  },
  {
    name: 'receivers',
    summary: 'list the receivers of a service that runs, and show what one would do with a push',
    load: () => import('./cli/receivers-command.ts').then((loaded) => loaded.receiversCommand),
  },
];

const usage = `webhook-service: signed callback URLs that turn registry pushes into rollouts

Usage: webhook-service [command] [options]

Commands:
${entries.map(({ name, summary }) => `  ${name.padEnd(10)} ${summary}`).join('\n')}

webhook-service <command> --help   the options of a command, with examples
webhook-service --version

Examples:
  webhook-service demo
  webhook-service serve --embedded
  webhook-service emulate rancher --port 8080 --speed instant
  webhook-service explain image nginx:1.27
  webhook-service receivers plan web --key-file ./data/admin-key < push.json
`;

function version(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

/** @throws Error with what to do, where an older Node would fail with a word about a module that it lacks. */
function requireNode(): void {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 24 || (major === 24 && minor >= 15)) return;
  throw new Error(
    `Node.js 24.15 or later is needed, this is ${process.version}: install it, or use the one that "npm ci" brings, by "npm run serve -- …" and the other npm scripts`,
  );
}

async function main(args: readonly string[], signal: AbortSignal): Promise<number> {
  const [first = ''] = args;
  if (first === '--version' || first === 'version') return say(version());
  if (first === 'help' || first === '--help' || first === '-h') return say(usage);
  const named = entries.find(({ name }) => name === first);
  if (!named && first !== '' && !first.startsWith('-')) throw withHint(new UsageError(`there is no command ${first}`), []);
  const loaded = await (named ?? serve).load();
  const [, second = ''] = args;
  const subcommand = named && (await loaded.subcommand?.(second));
  const command = subcommand ?? loaded;
  const rest = args.slice(subcommand ? 2 : named ? 1 : 0);
  if (rest.includes('--help') || rest.includes('-h')) return say(command.help);
  return command.run(rest, signal).catch((thrown: unknown) => {
    throw withHint(thrown, args.slice(0, args.length - rest.length));
  });
}

/** Says of arguments that cannot be used where to read on. */
function withHint(thrown: unknown, names: readonly string[]): unknown {
  if (!(thrown instanceof UsageError)) return thrown;
  return new UsageError(`${thrown.message}\nTry ${['webhook-service', ...names, '--help'].join(' ')}`, { cause: thrown });
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

/**
 * An import of node:http reads everything that it exports. Three of that are made when they are first read, by loading a whole
 * HTTP client and its web streams: 4 MB that nobody uses. They have to be gone before the first such import.
 */
function dropLazyExports(): void {
  const http = process.getBuiltinModule('node:http');
  for (const name of ['WebSocket', 'CloseEvent', 'MessageEvent']) Reflect.deleteProperty(http, name);
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

// Further options of V8, for all threads. Maglev, the compiler between the quick one and the good one, costs 4 MB.
for (const option of ['--heap-growing-percent=50', '--no-maglev']) setFlagsFromString(option);
dropLazyExports();
silenceSqliteWarning();
try {
  requireNode();
  process.exitCode = await main(process.argv.slice(2), abortOnSignal());
} catch (thrown) {
  process.stderr.write(`webhook-service: ${coerceError(thrown).message}\n`);
  process.exitCode = 1;
}
