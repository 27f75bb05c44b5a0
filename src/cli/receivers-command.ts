import { type Command, UsageError } from './command.ts';

const subcommands: Readonly<Record<string, { readonly summary: string; load(): Promise<Command> }>> = {
  list: {
    summary: 'the receivers of a project',
    load: () => import('./receivers-list.ts').then((loaded) => loaded.receiversList),
  },
  plan: {
    summary: 'what a receiver would do with a push, and why not more: a dry run',
    load: () => import('./receivers-plan.ts').then((loaded) => loaded.receiversPlan),
  },
};

const names = Object.keys(subcommands).join('|');

export const receiversCommand: Command = {
  help: `webhook-service receivers ${names} [options]

Uses the API of a service that runs.

${Object.entries(subcommands)
  .map(([name, { summary }]) => `  ${name.padEnd(10)} ${summary}`)
  .join('\n')}

webhook-service receivers plan --help   the options of one of them, with examples

Examples:
  webhook-service receivers list --key-file ./data/admin-key
  webhook-service receivers plan web --key-file ./data/admin-key < push.json
`,
  async subcommand(name) {
    return Object.hasOwn(subcommands, name) ? subcommands[name]?.load() : undefined;
  },
  async run([name = '']) {
    throw new UsageError(`receivers needs one of ${names}${name === '' ? '' : `, not ${name}`}`);
  },
};
