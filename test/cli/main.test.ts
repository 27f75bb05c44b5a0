import fs from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { settings } from '../../src/settings.ts';
import { projectRoot, startWebhookService } from '../support/program.ts';

async function run(args: readonly string[], env: Record<string, string> = {}): Promise<{ code: number | null; output: string }> {
  const program = startWebhookService(args, env);
  const code = await program.ended();
  return { code, output: program.output() };
}

describe('the command line', () => {
  it('begins with a line that kernels before 5.1 read to its end', () => {
    const [line = ''] = fs.readFileSync(path.join(projectRoot, 'src/main.ts'), 'utf8').split('\n');
    expect(line).to.match(/^#!\/usr\/bin\/env -S .* node /);
    expect(line.length).to.be.at.most(127);
  });

  it('prints its version', async () => {
    const { code, output } = await run(['--version']);
    expect(code).to.equal(0);
    expect(output).to.match(/^\d+\.\d+\.\d+\n$/);
  });

  it('says which Node it needs where that is an older one', async () => {
    const older = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.20.2' } })`;
    const { code, output } = await run(['--version'], { NODE_OPTIONS: `--import "data:text/javascript,${encodeURI(older)}"` });
    expect(code).to.equal(1);
    expect(output).to.match(/^webhook-service: Node\.js 24\.15 or later is needed.*npm run serve/);
  });

  it('lists its commands', async () => {
    const { code, output } = await run(['--help']);
    expect(code).to.equal(0);
    for (const command of ['serve', 'demo', 'emulate', 'explain', 'receivers'])
      expect(output).to.match(new RegExp(`^  ${command} `, 'm'));
  });

  for (const command of ['serve', 'demo', 'emulate', 'explain', 'receivers']) {
    it(`explains ${command} with examples`, async () => {
      const { code, output } = await run([command, '--help']);
      expect(code).to.equal(0);
      expect(output).to.include('Examples:').and.to.include(`webhook-service ${command}`);
    });
  }

  it('names every setting of serve with its flag', async () => {
    const { output } = await run(['serve', '--help']);
    for (const [name, { flag }] of Object.entries(settings)) expect(output).to.include(name).and.to.include(`--${flag}`);
  });

  it('refuses an unknown command and an unknown option', async () => {
    for (const args of [['nonsense'], ['serve', '--nonsense']]) {
      const { code, output } = await run(args);
      expect(code).to.equal(1);
      expect(output).to.include('nonsense').and.to.include('--help');
    }
  });

  it('names all that is missing at once', async () => {
    const { code, output } = await run([], { WEBHOOK_URL_STYLE: 'odd', WEBHOOK_LISTEN: 'nowhere' });
    expect(code).to.equal(1);
    for (const name of ['CATTLE_URL', 'CATTLE_ACCESS_KEY', 'CATTLE_SECRET_KEY', 'WEBHOOK_URL_STYLE', 'WEBHOOK_LISTEN'])
      expect(output).to.include(name);
    expect(output).to.include('--embedded');
  });
});
