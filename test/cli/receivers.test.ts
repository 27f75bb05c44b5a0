import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { expect } from 'chai';
import { receiversList } from '../../src/cli/receivers-list.ts';
import { receiversPlanOf } from '../../src/cli/receivers-plan.ts';
import { type KubernetesEmulator, startKubernetesEmulator } from '../../src/emulators/kubernetes/kubernetes-emulator.ts';
import { testCluster, type TestCluster, Workload } from '../contracts/deployment-update-workload.ts';
import { type EmbeddedService, startEmbeddedService } from '../support/embedded-service.ts';
import { startWebhookService } from '../support/program.ts';
import { runCommand } from '../support/run-command.ts';
import { thrownBy } from '../support/thrown-by.ts';

type Json = Record<string, unknown>;

describe('receivers', function () {
  this.timeout(180_000);
  let emulator: KubernetesEmulator;
  let cluster: TestCluster;
  let folder: string;
  let service: EmbeddedService;
  before(async () => {
    emulator = await startKubernetesEmulator({ speed: 10 });
    folder = await mkdtemp(path.join(os.tmpdir(), 'receivers-'));
    const kubeconfig = path.join(folder, 'kubeconfig');
    await writeFile(kubeconfig, emulator.kubeconfig());
    cluster = await testCluster(kubeconfig);
    service = await startEmbeddedService({ KUBECONFIG: kubeconfig });
  });
  after(async () => {
    await service.stop();
    await emulator.stop();
    await rm(folder, { recursive: true });
  });

  const access = (): string[] => ['--url', service.url, '--key-file', service.keyFile];
  const plan = (body: string, ...args: readonly string[]): Promise<{ code: number; output: string }> =>
    runCommand(
      receiversPlanOf(() => Readable.from([Buffer.from(body)])),
      args,
    );
  const refusal = async (work: Promise<unknown>): Promise<string> => (await thrownBy(work)).message;

  it('are listed without their URLs, which only --json shows', async () => {
    expect((await runCommand(receiversList, access())).output).to.equal('there are no receivers\n');
    const url = await service.createReceiver('listed', { name: 'web' });
    const { output } = await runCommand(receiversList, access());
    expect(output).to.match(/^\S+ {2}deploymentUpdate {2}active {2}listed\n$/);
    const [line = ''] = (await runCommand(receiversList, [...access(), '--json'])).output.trim().split('\n');
    expect(JSON.parse(line)).to.include({ name: 'listed', url });
  });

  it('plan what a real push then does', async () => {
    const labels = { tier: 'web' };
    const workload = await Workload.create(cluster, { name: 'a', replicas: 1, labels });
    const { namespace } = workload;
    const paused = await Workload.create(cluster, { namespace, name: 'b', replicas: 1, labels });
    await paused.patch({ spec: { paused: true } });
    const url = await service.createReceiver('both', { namespace, selector: labels });
    const body = JSON.stringify({ image: 'acme/web:2' });
    const before = await workload.read();
    const dry = JSON.parse((await plan(body, 'both', '--json', ...access())).output) as Json;
    const { code, output } = await plan(body, String(dry['id']), ...access());
    expect(code).to.equal(0);
    expect(output.split('\n')).to.have.length(5);
    expect(output).to.match(/^planned\n {2}would change {2}\S+\/a\n +\S+\/a web: acme\/web:1 → acme\/web:2 \(.*\)\n/);
    expect(output).to.match(/\n {2}leaves alone {2}\S+\/b: the Deployment is paused\n$/);
    expect((await workload.read()).metadata, 'nothing is written').to.deep.equal(before.metadata);
    await fetch(url, { method: 'POST', body });
    const [delivery] = await service.deliveriesWhen(([newest]) => newest?.state === 'succeeded');
    const real = (await service.call('GET', `deliveries/${delivery?.id}`)).body;
    const done = (real['deliveryActions'] as Json[]).map(({ target, description, images }) => ({ target, description, images }));
    expect(dry['plannedActions']).to.deep.equal(done);
    expect(dry['skipped']).to.deep.equal(real['skipped']);
  });

  it('say why nothing would be done, with the headers of the sender', async () => {
    await service.createReceiver('silent', { name: 'web' });
    const { output } = await plan('{"zen": "Keep it simple"}', 'silent', '--header', 'X-GitHub-Event: ping', ...access());
    expect(output).to.match(/^ignored: .*test/);
    expect((await plan('{}', 'silent', ...access())).output).to.match(/^rejected: .*The payload is of no known format/);
  });

  it('say which ones there are where a name is wrong', async () => {
    await service.createReceiver('the only one', { name: 'web' });
    expect(await refusal(plan('{}', 'other', ...access()))).to.match(/^there is no receiver other; there are .*the only one/);
  });

  it('say what to do where the service cannot be asked', async () => {
    const keyFile = path.join(folder, 'key');
    await writeFile(keyFile, 'nobody:secret-of-nobody\n');
    const wrong = await refusal(runCommand(receiversList, ['--url', service.url, '--key-file', keyFile]));
    expect(wrong)
      .to.match(/answers 401: .*--key-file/)
      .and.not.to.contain('secret-of-nobody');
    const page = http.createServer((_request, response) => response.end('<html>')).listen(0, '127.0.0.1');
    await new Promise((resolve) => page.once('listening', resolve));
    const url = `http://127.0.0.1:${(page.address() as AddressInfo).port}`;
    expect(await refusal(runCommand(receiversList, ['--url', url, '--key-file', keyFile]))).to.match(/is not the API/);
    await new Promise((resolve) => page.close(resolve));
    expect(await refusal(runCommand(receiversList, ['--url', url, '--key-file', keyFile]))).to.match(/ECONNREFUSED.*--url/);
  });

  it('refuse what they cannot use', async () => {
    const refused: readonly (readonly [string, readonly string[]])[] = [
      ['ftp', ['--url', 'ftp://x', '--key-file', service.keyFile]],
      ['cannot be read', ['--key-file', path.join(folder, 'absent')]],
      ['ACCESS:SECRET', ['--key-file', path.join(folder, 'kubeconfig')]],
      ['takes no name', ['web', ...access()]],
    ];
    for (const [text, args] of refused) expect(await refusal(runCommand(receiversList, args))).to.contain(text);
    expect(await refusal(plan('{}', ...access()))).to.contain('one receiver');
    expect(await refusal(plan('{}', 'a', 'b', ...access()))).to.contain('one receiver');
  });

  it('take the key from the environment', async () => {
    const program = startWebhookService(['receivers', 'list'], {
      WEBHOOK_URL: `${service.url}/v1-webhooks`,
      WEBHOOK_ACCESS_KEY: 'a',
    });
    expect(await program.ended()).to.equal(1);
    expect(program.output()).to.match(/no API key: --key-file.*\nTry webhook-service receivers list --help\n$/);
    const env = { WEBHOOK_URL: `${service.url}/v1-webhooks`, CATTLE_ACCESS_KEY: 'nobody', CATTLE_SECRET_KEY: 'nothing' };
    const other = startWebhookService(['receivers', 'list'], env);
    expect(await other.ended()).to.equal(1);
    expect(other.output()).to.match(/answers 401/);
  });
});
