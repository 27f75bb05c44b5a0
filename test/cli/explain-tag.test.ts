import { expect } from 'chai';
import { explainTag } from '../../src/cli/explain-tag.ts';
import { tagOrders } from '../../src/framework/tag-policies/tag-order.ts';
import { startWebhookService } from '../support/program.ts';
import { runCommand } from '../support/run-command.ts';

interface Explanation {
  readonly deploy: string | null;
  readonly candidates: readonly { readonly tag: string; readonly accepted: boolean; readonly reason: string | null }[];
}

async function explain(...args: readonly string[]): Promise<Explanation> {
  const { code, output } = await runCommand(explainTag, ['--json', ...args]);
  expect(code).to.equal(0);
  return JSON.parse(output) as Explanation;
}

describe('explain tag', () => {
  it('says which tag would be deployed, and why no other', async () => {
    const tags = ['1.2.2', '1.3.0', '2.0.0', '1.2.3', 'latest', '1.2.9'];
    expect(await explain('--policy', 'semver', '--tag', '^1.2', '--current', '1.2.3', ...tags)).to.deep.equal({
      deploy: '1.3.0',
      candidates: [
        { tag: '1.2.2', accepted: false, reason: 'tag 1.2.2 is lower than 1.2.3, which runs' },
        { tag: '1.3.0', accepted: true, reason: null },
        { tag: '2.0.0', accepted: false, reason: 'version 2.0.0 is not in ^1.2' },
        { tag: '1.2.3', accepted: true, reason: 'tag 1.2.3 runs already, only another digest of it would be deployed' },
        { tag: 'latest', accepted: false, reason: 'tag latest is no version' },
        { tag: '1.2.9', accepted: true, reason: 'tag 1.3.0 is newer' },
      ],
    });
  });

  it('deploys nothing where nothing is newer', async () => {
    expect(await explain('--policy', 'semver', '--tag', '*', '--current', '1.4.5', '1.4.5', '1.4.3')).to.include({
      deploy: null,
    });
  });

  // The tables of Argo CD Image Updater and Flux: of a list of tags, the newest in the range.
  const tags = ['0.1', '0.5.1', '0.9', '1.0', '1.0.1', '1.1.2', '2.0.3'];
  const rows: readonly (readonly [range: string, current: string, tags: readonly string[], deploy: string | null])[] = [
    ['*', '1.0', tags, '2.0.3'],
    ['^1.0', '1.0', tags, '1.1.2'],
    ['~1.0', '1.0', tags, '1.0.1'],
    ['^1.0', 'latest', tags, '1.1.2'],
    ['*', 'v2.2.0', ['v2.2.0', 'v2.3.0-rc.0.18.g1abb7b5dd-ppc64le'], null],
    ['~1.0', '1.0', ['0.1', '0.5.1', '0.9', '2.0.3'], null],
    ['1.0.x', '0.1.0', ['1.0.0', '1.0.0.1', '1.0.0p', '1.0.1', '1.2.0', '0.1.0'], '1.0.1'],
    ['1.0.x', 'latest', ['v1.2.3', 'v1.0.0', 'v0.1.0'], 'v1.0.0'],
    ['1.0.x', 'latest', ['b1.2.3', 'b1.0.0', 'b0.1.0'], null],
  ];
  for (const [range, current, candidates, deploy] of rows) {
    it(`finds ${deploy ?? 'nothing'} for ${range} while ${current} runs`, async () => {
      expect(await explain('--policy', 'semver', '--tag', range, '--current', current, ...candidates)).to.include({ deploy });
    });
  }

  it('orders by a group of a regex', async () => {
    const pattern = '^main-[0-9a-f]+-(?P<ts>\\d+)$';
    const tags = ['main-cd-99', 'main-1-101', 'main-2-1000', 'dev-1-2000'];
    const { deploy, candidates } = await explain('--policy', 'regex', '--tag', pattern, '--current', 'main-ab-100', ...tags);
    expect(deploy).to.equal('main-2-1000');
    expect(candidates.map(({ accepted }) => accepted)).to.deep.equal([false, true, true, false]);
    const args = ['--policy', 'regex', '--tag', pattern, '--order', 'numericalDesc', '--current', 'main-ab-100'];
    expect(await explain(...args, ...tags)).to.include({ deploy: 'main-cd-99' });
  });

  it('takes the last push where there is no order', async () => {
    expect(await explain('--policy', 'glob', '--tag', 'build-*', 'build-9', 'build-7', 'x')).to.include({ deploy: 'build-7' });
    expect(await explain('--current', '3', '1', '2')).to.include({ deploy: '2' });
    expect(await explain('--current', '2', '1', '2')).to.deep.equal({
      deploy: null,
      candidates: [
        { tag: '1', accepted: true, reason: 'tag 2 is pushed later' },
        { tag: '2', accepted: true, reason: 'tag 2 runs already, only another digest of it would be deployed' },
      ],
    });
    expect(await explain('--current', '2', '2', '1')).to.include({ deploy: '1' });
    expect(await explain('--tag', 'latest', '--current', '1', '2', 'latest')).to.include({ deploy: 'latest' });
  });

  it('takes a whole image for what runs', async () => {
    for (const [image, deploy] of [
      [`registry.example.com:5000/acme/web:1.2.3@sha256:${'a'.repeat(64)}`, null],
      ['acme/web:1.2.3', null],
      ['acme/web', '1.2.2'],
      [`acme/web@sha256:${'a'.repeat(64)}`, '1.2.2'],
    ] as const)
      expect(await explain('--policy', 'semver', '--tag', '*', '--current', image, '1.2.2'), image).to.include({ deploy });
  });

  it('takes no text for a tag that is none', async () => {
    const long = 'a'.repeat(5000);
    const { deploy, candidates } = await explain('--policy', 'regex', '--tag', '(a*)*b', long, '-x', 'a/b');
    expect(deploy).to.equal(null);
    expect(candidates.map(({ accepted }) => accepted)).to.deep.equal([false, false, false]);
    expect(candidates[2]?.reason).to.equal('"a/b" is not a valid tag');
  });

  it('tells people', async () => {
    const { output } = await runCommand(explainTag, ['--policy', 'semver', '--tag', '1.x', '--current', '1.2', '1.3', '2.0']);
    expect(output).to.equal('1.3 would be deployed\n  1.3  would be deployed\n  2.0  version 2.0 is not in 1.x\n');
  });

  it('refuses what it cannot use', async () => {
    const refusal = async (...args: readonly string[]): Promise<unknown> =>
      runCommand(explainTag, args).catch((error: unknown) => error);
    expect(await refusal('--policy', 'any')).to.have.property('message', 'explain tag needs at least one candidate');
    for (const current of ['a//b', 'not a tag', '1.0+b'])
      expect(await refusal('--current', current, '1')).to.have.property(
        'message',
        `--current ${current} is neither a tag nor an image`,
      );
  });

  it('says what is wrong with a policy, a pattern or an order, to programs as well', async () => {
    for (const [args, error] of [
      [['--policy', 'newest'], 'Invalid tagPolicy "newest", must be one of exact, any, glob, semver, regex'],
      [['--policy', 'semver'], 'tagPolicy semver needs a tag, such as ^1.2'],
      [
        ['--policy', 'semver', '--tag', 'x1'],
        'Invalid tag "x1" for tagPolicy semver: "x1" at position 1 is no version to compare with',
      ],
      [['--policy', 'any', '--order', 'up'], `Invalid tagOrder "up", must be one of ${tagOrders.join(', ')}`],
    ] as const) {
      expect(await runCommand(explainTag, [...args, '1'])).to.deep.include({ code: 1, output: `invalid: ${error}\n` });
      const { code, output } = await runCommand(explainTag, ['--json', ...args, '1']);
      expect(code).to.equal(1);
      expect(JSON.parse(output)).to.deep.equal({ deploy: null, candidates: [], error });
    }
  });

  it('takes an empty tag for none that runs', async () => {
    expect(await explain('--policy', 'semver', '--tag', '^1', '--current', '', '1.0.0')).to.include({ deploy: '1.0.0' });
  });

  it('is a command of the program', async () => {
    const program = startWebhookService([
      'explain',
      'tag',
      '--json',
      '--policy',
      'semver',
      '--tag',
      '^1',
      '--current',
      '1.0.0',
      '1.1.0',
    ]);
    expect(await program.ended()).to.equal(0);
    expect(JSON.parse(program.output())).to.include({ deploy: '1.1.0' });
    const refused = startWebhookService(['explain', 'tag', '--policy', 'regex', '--tag', '(a{1000}){1000}', 'a']);
    expect(await refused.ended()).to.equal(1);
    expect(refused.output()).to.include('it is too large');
    const without = startWebhookService(['explain', 'nonsense']);
    expect(await without.ended()).to.equal(1);
    expect(without.output()).to.include('explain needs one of').and.to.include('Try webhook-service explain --help');
    const nothing = startWebhookService(['explain', 'tag', '--policy', 'any']);
    expect(await nothing.ended()).to.equal(1);
    expect(nothing.output()).to.include('Try webhook-service explain tag --help');
    const help = startWebhookService(['explain', 'tag', '--help']);
    expect(await help.ended()).to.equal(0);
    expect(help.output()).to.include('webhook-service explain tag').and.to.include('Examples:');
  });
});
