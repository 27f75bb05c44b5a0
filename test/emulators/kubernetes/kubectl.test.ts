import { expect } from 'chai';
import { clusters, type Kubectl, workload } from './kubectl-clusters.ts';

const image = 'jsonpath={.spec.template.spec.containers[0].image}';

for (const [cluster, use] of clusters) {
  describe(`kubectl on ${cluster}`, function () {
    this.timeout(180_000);
    let kubectl: Kubectl;
    before(async function () {
      kubectl = await use(this);
    });
    after(() => kubectl?.stop());

    const deploy = async (name: string, replicas = 1): Promise<string> => {
      await kubectl('create', 'deployment', name, '--image=acme/web:1', `--replicas=${replicas}`);
      await kubectl('rollout', 'status', `deployment/${name}`);
      return `deployment/${name}`;
    };

    it('creates what it sends in protobuf', async () => {
      const created = async (...args: string[]): Promise<string> => (await kubectl('create', ...args)).trim();
      expect(await created('deployment', 'made', '--image=acme/web:1', '--port=80')).to.equal('deployment.apps/made created');
      expect(await created('configmap', 'made', '--from-literal=a=b')).to.equal('configmap/made created');
      expect(await created('secret', 'generic', 'made', '--from-literal=a=b')).to.equal('secret/made created');
      expect(await created('serviceaccount', 'made')).to.equal('serviceaccount/made created');
      expect(await created('job', 'made', '--image=acme/job:1')).to.equal('job.batch/made created');
      expect(await created('cronjob', 'made', '--image=acme/job:1', '--schedule=0 3 * * *')).to.equal(
        'cronjob.batch/made created',
      );
      expect(await created('service', 'clusterip', 'made', '--tcp=80:8080')).to.equal('service/made created');
      const budget = ['poddisruptionbudget', 'made', '--selector=app=made', '--min-available=50%'];
      expect(await created(...budget)).to.equal('poddisruptionbudget.policy/made created');
      expect(await kubectl('autoscale', 'deployment', 'made', '--max=3', '--cpu=60%')).to.contain('autoscaled');
      const spec = '{.spec.replicas} {.spec.selector} {.spec.template.spec.containers}';
      expect(await kubectl('get', 'deployment', 'made', '-o', `jsonpath=${spec}`)).to.equal(
        '1 {"matchLabels":{"app":"made"}} [{"image":"acme/web:1","imagePullPolicy":"IfNotPresent","name":"web","ports":[{"containerPort":80,"protocol":"TCP"}],"resources":{},"terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File"}]',
      );
      expect(await kubectl('get', 'service', 'made', '-o', 'jsonpath={.spec.ports}')).to.equal(
        '[{"name":"80-8080","port":80,"protocol":"TCP","targetPort":8080}]',
      );
      expect(await kubectl('get', 'secret,configmap', 'made', '-o', 'jsonpath={.items[*].data}')).to.equal(
        '{"a":"Yg=="} {"a":"b"}',
      );
      expect(await kubectl('get', 'pdb', 'made', '-o', 'jsonpath={.spec.minAvailable}')).to.equal('50%');
      expect(await kubectl('get', 'hpa', 'made', '-o', 'jsonpath={.spec.metrics[0].resource.target}')).to.equal(
        '{"averageUtilization":60,"type":"Utilization"}',
      );
      expect(await kubectl.refusal('create', 'configmap', 'made')).to.contain('configmaps "made" already exists');
    });

    it('applies, on the client and on the server, also what was created', async () => {
      const apply = async (tag: string, ...args: string[]): Promise<string> =>
        kubectl('apply', ...args, '-f', await kubectl.file(workload('Deployment', 'web', `acme/web:${tag}`)));
      expect(await apply('1')).to.equal('deployment.apps/web created\n');
      expect(await apply('1')).to.equal('deployment.apps/web unchanged\n');
      expect(await apply('2')).to.equal('deployment.apps/web configured\n');
      expect(await apply('3', '--server-side', '--force-conflicts')).to.equal('deployment.apps/web serverside-applied\n');
      await kubectl('create', 'deployment', 'late', '--image=acme/web:1');
      const late = await kubectl.file(workload('Deployment', 'late', 'acme/web:2'));
      const conflict = await kubectl.refusal('apply', '--server-side', '-f', late);
      expect(conflict).to.match(/Apply failed with \d conflicts?: conflicts? with "kubectl-create" using apps\/v1/);
      expect(await kubectl('get', 'deployment', 'web', '-o', image)).to.equal('acme/web:3');
      expect(await apply('4', '--dry-run=server')).to.equal('deployment.apps/web configured (server dry run)\n');
      expect(await kubectl('get', 'deployment', 'web', '-o', image)).to.equal('acme/web:3');
    });

    it('patches in every way', async () => {
      const web = await deploy('patched');
      const patch = (type: string, body: unknown): Promise<string> =>
        kubectl('patch', web, `--type=${type}`, '-p', JSON.stringify(body));
      const containers = [{ name: 'web', image: 'acme/web:2' }];
      await patch('strategic', { spec: { template: { spec: { containers } } } });
      expect(await kubectl('get', web, '-o', image)).to.equal('acme/web:2');
      await patch('json', [{ op: 'replace', path: '/spec/template/spec/containers/0/image', value: 'acme/web:3' }]);
      expect(await kubectl('get', web, '-o', image)).to.equal('acme/web:3');
      await kubectl('rollout', 'status', web);
      await kubectl('wait', '--for=jsonpath={.status.replicas}=1', web, '--timeout=60s');
      expect(await patch('merge', { spec: { replicas: 1 } })).to.equal('deployment.apps/patched patched (no change)\n');
      await kubectl('label', web, 'tier=front');
      await kubectl('annotate', web, 'note=hello');
      expect(
        await kubectl('get', 'deployments', '-l', 'tier=front', '-o', 'jsonpath={.items[*].metadata.annotations.note}'),
      ).to.equal('hello');
    });

    it('follows, shows, pauses, restarts and undoes rollouts', async () => {
      const web = await deploy('rolled', 2);
      await kubectl('set', 'image', web, 'web=acme/web:2');
      expect(await kubectl('rollout', 'status', web)).to.contain('successfully rolled out');
      expect(await kubectl('rollout', 'history', web)).to.match(/^1 .*\n2 /m);
      expect(await kubectl('rollout', 'history', web, '--revision=1')).to.contain('acme/web:1');
      expect(await kubectl('rollout', 'undo', web)).to.equal('deployment.apps/rolled rolled back\n');
      await kubectl('rollout', 'status', web);
      expect(await kubectl('get', web, '-o', image)).to.equal('acme/web:1');
      expect(await kubectl('rollout', 'pause', web)).to.equal('deployment.apps/rolled paused\n');
      expect(await kubectl.refusal('rollout', 'undo', web)).to.contain('paused');
      await kubectl('rollout', 'resume', web);
      expect(await kubectl('rollout', 'restart', web)).to.equal('deployment.apps/rolled restarted\n');
      await kubectl('rollout', 'status', web);
      await kubectl('set', 'image', web, 'web=acme/web:3-bad');
      expect(await kubectl.refusal('rollout', 'status', web, '--timeout=1s')).to.contain('timed out waiting for the condition');
    });

    it('scales, waits and prints', async () => {
      const web = await deploy('printed');
      expect(await kubectl('scale', web, '--current-replicas=1', '--replicas=2')).to.equal('deployment.apps/printed scaled\n');
      await kubectl('wait', '--for=jsonpath={.status.readyReplicas}=2', web, '--timeout=60s');
      await kubectl('wait', '--for=condition=Available', web, '--timeout=60s');
      expect(await kubectl('get', web)).to.match(/NAME +READY +UP-TO-DATE +AVAILABLE +AGE\nprinted +2\/2 +2 +2 /);
      expect(await kubectl('get', web, '-o', 'wide')).to.match(
        /AGE +CONTAINERS +IMAGES +SELECTOR\n.* web +acme\/web:1 +app=printed/,
      );
      expect(await kubectl('get', 'pods', '-A')).to.match(/NAMESPACE +NAME +READY +STATUS +RESTARTS +AGE\n/);
      expect(await kubectl('get', 'pods', '-l', 'app=printed', '-o', 'wide')).to.match(/ 1\/1 +Running +0 .* node-1 /);
      expect(await kubectl('get', web, '-o', 'yaml')).to.match(/^apiVersion: apps\/v1\nkind: Deployment\n/);
      expect(await kubectl('describe', web)).to.match(
        /Replicas: +2 desired \| 2 updated \| 2 total \| 2 available \| 0 unavailable/,
      );
      await kubectl('expose', web, '--port=80');
      await kubectl.until(
        'endpointslices',
        '{.items[?(@.metadata.labels.kubernetes\\.io/service-name=="printed")].endpoints[*].conditions.ready}',
        'true true',
      );
      expect(await kubectl('describe', 'service', 'printed')).to.match(/Endpoints: +\S+:80,\S+:80/);
      expect(await kubectl('explain', 'deployment.spec.strategy')).to.match(
        /FIELD: strategy <DeploymentStrategy>[^]*rollingUpdate\s+<RollingUpdateDeployment>/,
      );
      expect(await kubectl('api-resources', '--api-group=apps')).to.match(/statefulsets +sts +apps\/v1 +true +StatefulSet/);
      expect(await kubectl('auth', 'can-i', 'patch', 'deployments')).to.equal('yes\n');
      expect(await kubectl('version')).to.match(/Server Version: v1\.34/);
    });

    it('watches', async () => {
      const web = await deploy('watched');
      const watch = kubectl.background('get', 'deployment', 'watched', '-w', '-o', image.replace('}', '}{"\\n"}'));
      await kubectl('set', 'image', web, 'web=acme/web:2');
      await kubectl('rollout', 'status', web);
      const end = performance.now() + 60_000;
      while (!watch.output().includes('acme/web:2') && performance.now() < end) await kubectl('get', web);
      watch.stop();
      expect(watch.output()).to.contain('acme/web:2');
    });

    it('deletes, by name, label and file, with or without what is owned', async () => {
      const web = await deploy('gone');
      expect(await kubectl('delete', web)).to.match(/^deployment.apps "gone" deleted/);
      await kubectl('wait', '--for=delete', 'pod', '-l', 'app=gone', '--timeout=60s');
      expect(await kubectl.refusal('get', web)).to.contain('deployments.apps "gone" not found');
      const orphan = await deploy('orphan');
      await kubectl('delete', orphan, '--cascade=orphan');
      expect(await kubectl('get', 'rs', '-l', 'app=orphan', '-o', 'name')).to.contain('replicaset.apps/orphan-');
      const front = await deploy('front');
      await kubectl('delete', front, '--cascade=foreground', '--timeout=60s');
      expect(await kubectl('get', 'pods', '-l', 'app=front', '-o', 'name')).to.equal('');
      const file = await kubectl.file(workload('Deployment', 'filed', 'acme/web:1'));
      await kubectl('create', '-f', file);
      expect(await kubectl('delete', '-f', file)).to.match(/^deployment.apps "filed" deleted/);
      await kubectl('create', 'configmap', 'labelled');
      await kubectl('label', 'configmap', 'labelled', 'a=b');
      expect(await kubectl('delete', 'configmap', '-l', 'a=b')).to.match(/^configmap "labelled" deleted/);
    });

    it('is refused in the same words', async () => {
      await deploy('refused');
      expect(await kubectl.refusal('set', 'image', 'deployment/refused', 'web=')).to.contain(
        'spec.template.spec.containers[0].image: Required value',
      );
      expect(await kubectl.refusal('get', 'pod', 'none')).to.equal('Error from server (NotFound): pods "none" not found\n');
      const selector = [
        'patch',
        'deployment',
        'refused',
        '--type=merge',
        '-p',
        '{"spec":{"selector":{"matchLabels":{"x":"y"}}}}',
      ];
      expect(await kubectl.refusal(...selector)).to.contain('field is immutable');
      expect(await kubectl.refusal('create', 'service', 'clusterip', 'bad')).to.contain(
        'at least one tcp port specifier must be provided',
      );
    });
  });
}

describe('what kubectl cannot do on the Kubernetes emulator', () => {
  it('is refused with a reason', async function () {
    const kubectl = await (clusters[0]?.[1] ?? expect.fail())(this);
    try {
      await kubectl('run', 'one', '--image=acme/web:1');
      expect(await kubectl.refusal('logs', 'one')).to.contain('the emulator runs no containers, so there is no log');
      expect(await kubectl.refusal('exec', 'one', '--', 'ls')).to.contain('so there is no exec');
    } finally {
      await kubectl.stop();
    }
  });
});
