import { type Command, UsageError } from './command.ts';

interface Explainer {
  readonly name: string;
  readonly summary: string;
  /** Loads the command alone: `image` needs no payload format. */
  load(): Promise<Command>;
}

const explainers: readonly Explainer[] = [
  {
    name: 'image',
    summary: 'what an image reference means: registry, repository, tag, digest',
    load: () => import('./explain-image.ts').then((loaded) => loaded.explainImage),
  },
  {
    name: 'payload',
    summary: 'which images the body of a push would deploy, or why none',
    load: () => import('./explain-payload.ts').then((loaded) => loaded.explainPayload),
  },
  {
    name: 'tag',
    summary: 'which tags a policy would deploy, and why not the others',
    load: () => import('./explain-tag.ts').then((loaded) => loaded.explainTag),
  },
];

const names = explainers.map(({ name }) => name).join('|');

export const explainCommand: Command = {
  help: `webhook-service explain ${names} [options]

Says what the service makes of an input, without a server, a store or a cluster.

${explainers.map(({ name, summary }) => `  ${name.padEnd(10)} ${summary}`).join('\n')}

  --json     print JSON, for programs

webhook-service explain image --help   the options of one of them, with examples

Examples:
  webhook-service explain image nginx:1.27
  webhook-service explain payload < push.json
  webhook-service explain tag --policy semver --tag '^1.2' --current 1.2.3 1.2.2 1.3.0 2.0.0
`,
  async subcommand(name) {
    return explainers.find((each) => each.name === name)?.load();
  },
  async run([name = '']) {
    throw new UsageError(`explain needs one of ${names}${name === '' ? '' : `, not ${name}`}`);
  },
};
