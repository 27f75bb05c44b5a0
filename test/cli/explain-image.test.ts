import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { explainImage } from '../../src/cli/explain-image.ts';
import { runCommand } from '../support/run-command.ts';
import { startWebhookService } from '../support/program.ts';

type Row = Readonly<Record<string, string>>;

const { tables } = JSON.parse(
  readFileSync(new URL('../fixtures/image-reference-distribution.json', import.meta.url), 'utf8'),
) as { tables: Record<string, readonly Row[]> };
const rows = (name: string): readonly Row[] => tables[name] ?? [];
const names = (name: string): readonly string[] => (tables[name] ?? []) as unknown as readonly string[];
const shown = (text = ''): string => (text.length > 60 ? `${text.slice(0, 57)}…` : JSON.stringify(text));

async function explain(text: string, ...options: readonly string[]): Promise<Record<string, unknown>> {
  const { code, output } = await runCommand(explainImage, ['--json', ...options, text]);
  const explanation = JSON.parse(output) as Record<string, unknown>;
  expect(code).to.equal(explanation['valid'] ? 0 : 1);
  return explanation;
}

describe('explain image', () => {
  for (const { input = '', err, repository, tag = null, digest = null, domain = null } of rows('TestReferenceParse')) {
    it(`gives the verdict of Parse on ${shown(input)}`, async () => {
      const explanation = await explain(input);
      expect(explanation).to.include({ valid: err === undefined, tag, digest });
      expect(explanation['error'] === null).to.equal(err === undefined);
      const grammar = await explain(input, '--rule', 'grammar');
      const path = repository?.slice(domain === null ? 0 : domain.length + 1) ?? null;
      expect(grammar).to.include({ valid: err === undefined, tag, digest, domain, path });
    });
  }

  for (const { input = '', domain, path } of rows('TestNormalizedSplitHostname')) {
    it(`normalises ${input}`, async () => {
      expect(await explain(input)).to.include({ valid: true, domain, path, normalized: `${domain}/${path}` });
    });
  }

  for (const row of rows('TestParseRepositoryInfo')) {
    it(`gives the familiar form of ${row['FullName']}`, async () => {
      for (const spelling of [row['FamiliarName'], row['FullName'], row['AmbiguousName']]) {
        if (spelling === undefined || spelling === '') continue;
        expect(await explain(spelling), spelling).to.include({
          domain: row['Domain'],
          path: row['RemoteName'],
          normalized: row['FullName'],
          familiar: row['FamiliarName'],
        });
      }
    });
  }

  for (const suffix of ['', ':1.27', `@sha256:${'a'.repeat(64)}`, `:1.27@sha256:${'a'.repeat(64)}`]) {
    it(`accepts and refuses names with ${suffix === '' ? 'nothing' : suffix.slice(0, 8)} behind them`, async () => {
      const good = ['TestValidateReferenceName.validRepoNames', 'TestValidateRemoteName.validRepositoryNames'];
      // 192.168.0.1:80 has a tag already, by the grammar; a name of 64 digits is refused only where it stands alone.
      for (const name of good.flatMap(names)) {
        if (suffix.startsWith(':') && /^[^/]*:\d+$/.test(name)) continue;
        expect(await explain(name + suffix), name).to.include({ valid: true });
      }
      const bad = ['TestValidateReferenceName.invalidRepoNames', 'TestValidateRemoteName.invalidRepositoryNames'];
      for (const name of bad.flatMap(names)) {
        if (suffix !== '' && /^[0-9a-f]{64}$/.test(name)) continue;
        expect(await explain(name + suffix), name).to.include({ valid: false, path: null, normalized: null });
      }
    });
  }

  for (const { input = '', expected } of rows('TestParseDockerRef')) {
    it(`says what docker pull asks for with ${shown(input)}`, async () => {
      expect(await explain(input, '--rule', 'pull')).to.include({ valid: true, normalized: expected });
    });
  }

  for (const { Reference = '', Equivalent } of rows('TestParseAnyReference')) {
    it(`reads anything, such as ${shown(Reference)}`, async () => {
      expect(await explain(Reference, '--rule', 'any')).to.include({ valid: true, normalized: Equivalent });
    });
  }

  for (const { input = '', err, domain = null, path = null } of rows('TestParseNamed')) {
    it(`${err === undefined ? 'finds' : 'does not find'} ${input} in normal form`, async () => {
      const error = err === undefined ? null : 'repository name must be canonical';
      expect(await explain(input, '--rule', 'canonical')).to.include({ valid: err === undefined, domain, path, error });
    });
  }

  it('prints exactly the eight fields, with null for what is not there', async () => {
    expect(await explain('nginx')).to.deep.equal({
      valid: true,
      error: null,
      domain: 'docker.io',
      path: 'library/nginx',
      tag: null,
      digest: null,
      normalized: 'docker.io/library/nginx',
      familiar: 'nginx',
    });
    expect(await explain('')).to.deep.equal({
      valid: false,
      error: 'repository name must have at least one component',
      domain: null,
      path: null,
      tag: null,
      digest: null,
      normalized: null,
      familiar: null,
    });
  });

  it('matches patterns with the familiar form', async () => {
    expect(await explain('docker.io/acme/web:2', '--match', 'acme/*')).to.include({ matches: true });
    expect(await explain('quay.io/acme/web:2', '--match', 'acme/*')).to.include({ matches: false });
  });

  it('tells people', async () => {
    const { output } = await runCommand(explainImage, ['nginx:1.27']);
    expect(output)
      .to.match(/^registry +docker\.io$/m)
      .and.match(/^tag +1\.27$/m);
    const refused = await runCommand(explainImage, ['-docker']);
    expect(refused).to.deep.equal({ code: 1, output: 'invalid: invalid reference format\n' });
  });

  it('refuses arguments that it cannot use', async () => {
    for (const args of [[], ['a', 'b'], ['--rule', 'nonsense', 'a'], ['--nonsense', 'a'], ['a', '--rule'], ['--json=1', 'a']]) {
      const thrown: unknown = await runCommand(explainImage, args).catch((error: unknown) => error);
      expect(thrown, args.join(' ')).to.have.property('name', 'UsageError');
    }
  });

  it('is a command of the program', async () => {
    const program = startWebhookService(['explain', 'image', '--json', 'nginx:1.27']);
    expect(await program.ended()).to.equal(0);
    expect(JSON.parse(program.output())).to.include({ valid: true, familiar: 'nginx:1.27' });
    expect(await startWebhookService(['explain', 'image', 'UPPER']).ended()).to.equal(1);
  });
});
