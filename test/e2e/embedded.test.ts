import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { type Program, startWebhookService } from '../support/program.ts';

interface Receiver {
  readonly id: string;
  readonly url: string;
}

describe('serve --embedded', () => {
  let directory: string;
  let service: Program | undefined;

  beforeEach(() => {
    directory = fs.mkdtempSync(path.join(os.tmpdir(), 'embedded-'));
  });

  afterEach(async () => {
    await service?.stop();
    fs.rmSync(directory, { recursive: true, force: true });
  });

  async function start(env: Record<string, string> = {}): Promise<string> {
    service = startWebhookService(['serve', '--embedded'], {
      WEBHOOK_LISTEN: '127.0.0.1:0',
      WEBHOOK_DATA_DIR: directory,
      ...env,
    });
    const [, url = ''] = await service.says(/"message":"listening","url":"([^"]+)"/);
    return url;
  }

  function authorization(): Record<string, string> {
    const key = fs.readFileSync(path.join(directory, 'admin-key'), 'utf8').trim();
    return { Authorization: `Basic ${Buffer.from(key).toString('base64')}`, 'Content-Type': 'application/json' };
  }

  async function create(url: string, name: string): Promise<Receiver> {
    const body = JSON.stringify({
      name,
      driver: 'forwardPost',
      forwardPostConfig: { serviceName: 'web', port: '80', path: '/' },
    });
    const answer = await fetch(`${url}/v1-webhooks/receivers?projectId=1a5`, { method: 'POST', headers: authorization(), body });
    expect(answer.status).to.equal(200);
    return (await answer.json()) as Receiver;
  }

  it('keeps its key to the owner, and never prints it', async () => {
    const url = await start();
    const [accessKey = '', secretKey = ''] = fs.readFileSync(path.join(directory, 'admin-key'), 'utf8').trim().split(':');
    expect(fs.statSync(path.join(directory, 'admin-key')).mode & 0o777).to.equal(0o600);
    expect(fs.statSync(path.join(directory, 'token-key.pem')).mode & 0o777).to.equal(0o600);
    await create(url, 'any');
    expect(service?.output()).not.to.include(accessKey);
    expect(service?.output()).not.to.include(secretKey);
  });

  it('refuses callers without a key, with a wrong one, and for another project', async () => {
    const url = await start();
    const list = (projectId: string, headers: Record<string, string>): Promise<Response> =>
      fetch(`${url}/v1-webhooks/receivers?projectId=${projectId}`, { headers });
    expect((await list('1a5', {})).status).to.equal(401);
    expect((await list('1a5', { Authorization: `Basic ${btoa('a:b')}` })).status).to.equal(401);
    expect((await list('1a5', { 'X-API-Project-Id': '1a5', 'X-API-Roles': 'owner' })).status).to.equal(401);
    expect((await list('1a7', authorization())).status).to.equal(403);
    expect((await list('1a5', authorization())).status).to.equal(200);
  });

  it('says which kubeconfig is missing', async () => {
    const [here, gone] = [path.join(directory, 'here'), path.join(directory, 'gone')];
    fs.writeFileSync(here, '');
    await start({ KUBECONFIG: `${here}:${gone}` });
    const warned = (service?.output() ?? '').split('\n').filter((line) => line.includes('the kubeconfig does not exist'));
    expect(warned.map((line) => (JSON.parse(line) as { file: string }).file)).to.deep.equal([gone]);
  });

  it('finds its receivers again after kill -9', async () => {
    const receiver = await create(await start(), 'kept');
    service?.process.kill('SIGKILL');
    await service?.ended();
    const url = await start();
    const answer = await fetch(`${url}/v1-webhooks/receivers/${receiver.id}?projectId=1a5`, { headers: authorization() });
    expect(answer.status).to.equal(200);
    expect(((await answer.json()) as Receiver).url).to.equal(receiver.url);
  });

  it('takes a configured key, also on a folder that was used before', async () => {
    await start();
    await service?.stop();
    const url = await start({ WEBHOOK_ADMIN_ACCESS_KEY: 'configured', WEBHOOK_ADMIN_SECRET_KEY: 'by-the-environment' });
    const headers = { Authorization: `Basic ${btoa('configured:by-the-environment')}` };
    expect((await fetch(`${url}/v1-webhooks/receivers?projectId=1a5`, { headers })).status).to.equal(200);
  });
});
