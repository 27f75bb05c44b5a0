import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { deployment, EmulatorClient } from '../../support/kubernetes-emulator-client.ts';

const run = promisify(execFile);

function isOnPath(program: string): boolean {
  return (process.env['PATH'] ?? '').split(path.delimiter).some((folder) => existsSync(path.join(folder, program)));
}

describe('kubectl on the Kubernetes emulator', function () {
  this.timeout(60_000);
  let client: EmulatorClient;
  let folder: string;
  const kubectl = async (...args: string[]): Promise<string> => {
    const options = { env: { ...process.env, HOME: folder, KUBECONFIG: path.join(folder, 'config') } };
    return (await run('kubectl', args, options)).stdout;
  };

  before(async function () {
    if (!isOnPath('kubectl')) {
      const reason = 'there is no kubectl on PATH';
      if (process.env['CI'] === 'true') throw new Error(reason);
      console.log(`      skipped: ${reason}`);
      this.skip();
    }
    client = await EmulatorClient.start();
    folder = await mkdtemp(path.join(os.tmpdir(), 'kubectl-'));
    await writeFile(path.join(folder, 'config'), client.emulator.kubeconfig());
  });
  after(async () => {
    await client?.stop();
    if (folder) await rm(folder, { recursive: true });
  });

  const manifest = async (image: string): Promise<string> => {
    const file = path.join(folder, 'web.json');
    await writeFile(file, JSON.stringify(deployment('web', {}, image)));
    return file;
  };
  const image = (): Promise<string> =>
    kubectl('get', 'deployment', 'web', '-o', 'jsonpath={.spec.template.spec.containers[?(@.name=="web")].image}');

  it('applies, on the client and on the server', async () => {
    expect(await kubectl('apply', '-f', await manifest('acme/web:1'))).to.equal('deployment.apps/web created\n');
    expect(await kubectl('apply', '-f', await manifest('acme/web:2'))).to.equal('deployment.apps/web configured\n');
    const onServer = await kubectl('apply', '--server-side', '--force-conflicts', '-f', await manifest('acme/web:3'));
    expect(onServer).to.equal('deployment.apps/web serverside-applied\n');
    expect(await image()).to.equal('acme/web:3');
  });

  it('follows rollouts and undoes them', async () => {
    await kubectl('rollout', 'status', 'deployment/web');
    await kubectl('set', 'image', 'deployment/web', 'web=acme/web:4');
    expect(await kubectl('rollout', 'status', 'deployment/web')).to.contain('successfully rolled out');
    await kubectl('rollout', 'undo', 'deployment/web');
    await kubectl('rollout', 'status', 'deployment/web');
    expect(await image()).to.equal('acme/web:3');
    const path = 'jsonpath={range .items[*]}{.spec.template.spec.containers[*].image}{"\\n"}{end}';
    const templates = (await kubectl('get', 'rs', '-o', path)).trim().split('\n');
    expect(templates, 'an undo takes the old ReplicaSet up again').to.deep.equal([...new Set(templates)]);
    expect(await kubectl('rollout', 'history', 'deployment/web')).to.match(/REVISION +CHANGE-CAUSE/);
  });

  it('scales, prints and deletes', async () => {
    await kubectl('scale', 'deployment/web', '--replicas=3');
    await kubectl('rollout', 'status', 'deployment/web');
    expect(await kubectl('get', 'deploy', 'web')).to.match(/NAME +READY +UP-TO-DATE +AVAILABLE +AGE\nweb +3\/3 +3 +3 /);
    expect((await kubectl('get', 'pods', '-l', 'app=web', '-o', 'name')).trim().split('\n')).to.have.length(3);
    await kubectl('delete', 'deployment', 'web');
    const error = await kubectl('get', 'deployment', 'web').catch((thrown: unknown) => thrown);
    expect(error).to.have.property('stderr').that.contains('deployments.apps "web" not found');
  });
});
