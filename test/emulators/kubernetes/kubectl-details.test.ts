import { expect } from 'chai';
import { clusters, type Kubectl, workload } from './kubectl-clusters.ts';

for (const [cluster, use] of clusters) {
  describe(`what kubectl shows and refuses on ${cluster}`, function () {
    this.timeout(180_000);
    let kubectl: Kubectl;
    before(async function () {
      kubectl = await use(this);
    });
    after(() => kubectl?.stop());

    const deploy = async (name: string): Promise<string> => {
      await kubectl('create', 'deployment', name, '--image=acme/web:1');
      await kubectl('rollout', 'status', `deployment/${name}`);
      return `deployment/${name}`;
    };

    it('shows in Events what controllers did', async () => {
      const web = await deploy('told');
      expect(await kubectl('describe', web)).to.match(
        /Events:[^]* Normal +ScalingReplicaSet +\S+ +deployment-controller +Scaled up replica set told-\w+ from 0 to 1\n/,
      );
      const pods = await kubectl('describe', 'pods', '-l', 'app=told');
      expect(pods).to.match(
        /Events:[^]* Normal +Scheduled +\S+ +default-scheduler +Successfully assigned \S+\/told-\S+ to node-\d\n/,
      );
      expect(await kubectl('events', '--for', web)).to.match(
        /^LAST SEEN +TYPE +REASON +OBJECT +MESSAGE\n\S+ +Normal +ScalingReplicaSet +/,
      );
      const name = await kubectl('get', 'rs', '-l', 'app=told', '-o', 'jsonpath={.items[0].metadata.name}');
      expect(await kubectl('get', 'events', '--field-selector', `involvedObject.name=${name}`)).to.match(
        new RegExp(`Normal +SuccessfulCreate +replicaset/${name} +Created pod: ${name}-`),
      );
      await kubectl.apply(workload('StatefulSet', 'db', 'acme/db:1', { replicas: 1 }));
      await kubectl.until('events', '{.items[*].message}', /create Pod db-0 in StatefulSet db successful/);
      await kubectl('create', 'job', 'once', '--image=acme/job:1');
      await kubectl.until('events', '{.items[?(@.involvedObject.name=="once")].message}', /Created pod: once-\w+ Job completed/);
    });

    it('completes pods and their templates', async () => {
      const container = {
        name: 'main',
        image: 'acme/web:1',
        env: [{ name: 'POD', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
        readinessProbe: { httpGet: { port: 80 } },
        resources: { limits: { memory: '1Mi' } },
      };
      const volumes = [{ name: 'files', configMap: { name: 'none', optional: true } }, { name: 'empty' }];
      await kubectl.apply({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'full' },
        spec: { containers: [container], volumes },
      });
      const fields = [
        '{.spec.containers[0].env[0].valueFrom.fieldRef.apiVersion}',
        '{.spec.containers[0].readinessProbe.httpGet}',
        '{.spec.containers[0].resources.requests.memory}',
        '{.spec.volumes[0].configMap.defaultMode} {.spec.volumes[1].emptyDir}',
        '{.spec.serviceAccountName} {.spec.serviceAccount} {.spec.priority} {.spec.preemptionPolicy}',
        '{.spec.tolerations[*].key}',
        '{.status.qosClass}',
      ];
      expect((await kubectl('get', 'pod', 'full', '-o', `jsonpath=${fields.join('{"\\n"}')}`)).split('\n')).to.deep.equal([
        'v1',
        '{"path":"/","port":80,"scheme":"HTTP"}',
        '1Mi',
        '420 {}',
        'default default 0 PreemptLowerPriority',
        'node.kubernetes.io/not-ready node.kubernetes.io/unreachable',
        'Burstable',
      ]);
    });

    it('prints what else there is', async () => {
      await kubectl('create', 'service', 'clusterip', 'plain', '--tcp=80:8080');
      await kubectl('create', 'role', 'reader', '--verb=get', '--resource=pods');
      await kubectl('create', 'rolebinding', 'reads', '--role=reader', '--user=ann');
      await kubectl('create', 'ingress', 'front', '--rule=acme.dev/*=plain:80');
      expect(await kubectl('get', 'role')).to.match(/^NAME +CREATED AT\nreader +\d{4}-/);
      expect(await kubectl('get', 'rolebinding', '-o', 'wide')).to.match(
        /USERS +GROUPS +SERVICEACCOUNTS\nreads +Role\/reader +\S+ +ann\s/,
      );
      expect(await kubectl('get', 'ingress')).to.match(/^NAME +CLASS +HOSTS +ADDRESS +PORTS +AGE\nfront +<none> +acme\.dev +80 /);
      expect(await kubectl('describe', 'ingress', 'front')).to.match(/acme\.dev +\n +\/ +plain:80/);
      await kubectl.until('endpoints', '{.items[*].metadata.name}', /plain/);
      expect(await kubectl('get', 'endpointslices')).to.match(/plain-\w+ +IPv4 +<unset> +<unset> /);
      expect(await kubectl('get', await deploy('sized'), '--subresource=scale')).to.match(
        /^NAME +DESIRED +AVAILABLE +AGE\nsized +1 +1 /,
      );
      expect(await kubectl('get', 'nodes', '-o', 'wide')).to.match(/OS-IMAGE +KERNEL-VERSION +CONTAINER-RUNTIME\n/);
      expect(await kubectl('describe', 'service', 'plain')).to.contain('Selector:                 app=plain');
    });

    it('reads selectors in one way', async () => {
      await kubectl('create', 'configmap', 'marked');
      await kubectl('label', 'configmap', 'marked', 'tier=front');
      const found = (selector: string): Promise<string> => kubectl('get', 'configmap', '-l', selector, '-o', 'name');
      expect(await found('tier in (front,back)')).to.equal('configmap/marked\n');
      expect(await found('tier,tier!=back')).to.equal('configmap/marked\n');
      expect(await found('tier notin (front),tier')).to.equal('');
      for (const [selector, why] of [
        ['tier=a=b', "found '=', expected: ',' or 'end of string'"],
        ['tier in', "found '' expected: '('"],
      ] as const)
        expect(await kubectl.refusal('get', 'configmap', '-l', selector)).to.contain(why);
      expect(await kubectl.refusal('get', 'deploy', '--field-selector=spec.replicas=1')).to.contain(
        '"spec.replicas" is not a known field selector: only "metadata.name", "metadata.namespace"',
      );
      expect(await kubectl.refusal('get', 'pods', '--field-selector=foo=1')).to.contain('field label not supported: foo');
      expect(await kubectl('get', 'pods', '--field-selector=spec.restartPolicy=Never', '-o', 'name')).to.match(
        /^pod\/once-\w+\n$/,
      );
    });

    it('refuses labels that are none', async () => {
      await kubectl('create', 'configmap', 'named');
      expect(await kubectl.refusal('label', 'configmap', 'named', 'a/b/c=d')).to.contain('a qualified name must consist of');
      expect(await kubectl.refusal('create', 'namespace', 'Bad_')).to.contain(
        'metadata.labels: Invalid value: "Bad_": a valid label must be an empty string or consist of',
      );
      expect(await kubectl.refusal('create', 'deployment', 'Bad_', '--image=a')).to.contain('invalid label selector');
    });

    it('leaves out fields that the API does not have, and says so', async () => {
      const web = await deploy('unknown');
      const odd = '{"spec":{"odd":1,"template":{"spec":{"odder":2}}}}';
      expect(await kubectl('patch', web, '--type=merge', '-p', odd)).to.equal('deployment.apps/unknown patched (no change)\n');
      const { metadata, ...rest } = workload('Deployment', 'strange', 'acme/web:1', { odd: 1 }) as { metadata: object };
      const file = await kubectl.file({ ...rest, metadata });
      expect(await kubectl.refusal('apply', '-f', file)).to.match(/unknown field "(spec\.)?odd"/);
      await kubectl('apply', '-f', file, '--validate=ignore');
      expect(await kubectl('get', 'deployment', 'strange', '-o', 'jsonpath={.spec.odd}')).to.equal('');
    });

    it('mounts what a StatefulSet claims', async () => {
      const mounts = [{ name: 'data', mountPath: '/data' }];
      const template = {
        metadata: { labels: { app: 'claims' } },
        spec: { containers: [{ name: 'main', image: 'acme/db:1', volumeMounts: mounts }] },
      };
      const claim = {
        metadata: { name: 'data' },
        spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
      };
      await kubectl.apply(workload('StatefulSet', 'claims', '', { replicas: 1, template, volumeClaimTemplates: [claim] }));
      await kubectl.until('pod/claims-0', '{.spec.volumes[0]}', /"claimName":"data-claims-0"/);
      expect(await kubectl('get', 'pvc', '-o', 'name')).to.equal('persistentvolumeclaim/data-claims-0\n');
    });

    it('does not count a Job made by hand among those of its CronJob', async () => {
      await kubectl('create', 'cronjob', 'nightly', '--image=acme/job:1-unready', '--schedule=0 3 * * *');
      await kubectl('create', 'job', 'by-hand', '--from=cronjob/nightly');
      await kubectl.until(
        'events',
        '{.items[?(@.reason=="UnexpectedJob")].message}',
        /^Saw a job that the controller did not create/,
      );
      expect(await kubectl('get', 'cronjob', 'nightly', '-o', 'jsonpath={.status.active}')).to.equal('');
    });

    it('keeps what is not to change, and gives no port twice', async () => {
      const map = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'fixed' }, immutable: true, data: { a: 'b' } };
      await kubectl.apply(map);
      expect(await kubectl.refusal('patch', 'configmap', 'fixed', '-p', '{"data":{"a":"c"}}')).to.contain(
        'data: Forbidden: field is immutable when `immutable` is set',
      );
      await kubectl('create', 'service', 'nodeport', 'open', '--tcp=80');
      const port = await kubectl('get', 'service', 'open', '-o', 'jsonpath={.spec.ports[0].nodePort}');
      const open = (nodePort: string): Promise<string> =>
        kubectl.refusal('create', 'service', 'nodeport', 'too', '--tcp=80', `--node-port=${nodePort}`);
      expect(await open(port)).to.contain(`spec.ports[0].nodePort: Invalid value: ${port}: provided port is already allocated`);
      expect(await open('99')).to.contain('The range of valid ports is 30000-32767');
    });

    it('acts as somebody else', async () => {
      expect(await kubectl.refusal('get', 'pods', '--as=bob')).to.contain(
        'pods is forbidden: User "bob" cannot list resource "pods"',
      );
      expect(await kubectl('get', 'pods', '--as=bob', '--as-group=system:masters', '-o', 'name')).to.match(/^(pod\/\S+\n)*$/);
      expect(
        await kubectl('auth', 'can-i', 'get', 'pods', '--as=bob').catch(({ stdout }: { stdout: string }) => stdout),
      ).to.equal('no\n');
    });

    it('changes nothing on a dry run', async () => {
      const web = await deploy('dry');
      const uid = await kubectl('get', web, '-o', 'jsonpath={.metadata.uid}');
      expect(await kubectl('delete', web, '--dry-run=server')).to.match(/^deployment.apps "dry" deleted.*\(server dry run\)/);
      expect(await kubectl('delete', 'deployments', '-l', 'app=dry', '--dry-run=server')).to.contain('(server dry run)');
      await kubectl('scale', web, '--replicas=3', '--dry-run=server');
      await kubectl('label', web, 'a=b', '--dry-run=server');
      const now = 'jsonpath={.metadata.uid} {.metadata.deletionTimestamp} {.spec.replicas} {.metadata.labels.a}';
      expect(await kubectl('get', web, '-o', now)).to.equal(`${uid}  1 `);
    });

    it('prunes, and goes from client-side apply to server-side', async () => {
      const labels = { prune: 'yes' };
      const map = (name: string, value: string): object => ({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name, labels },
        data: { value },
      });
      await kubectl.apply(map('one', 'a'), map('two', 'a'));
      const changed = await kubectl.file(map('one', 'b'));
      expect(await kubectl('apply', '-f', changed, '--prune', '-l', 'prune=yes')).to.equal(
        'configmap/one configured\nconfigmap/two pruned\n',
      );
      const again = await kubectl.file(map('one', 'c'));
      expect(await kubectl('apply', '-f', again, '--server-side')).to.equal('configmap/one serverside-applied\n');
      expect(await kubectl('apply', '-f', again, '--server-side', '--field-manager=other')).to.equal(
        'configmap/one serverside-applied\n',
      );
      const theirs = await kubectl.file(map('one', 'd'));
      expect(await kubectl.refusal('apply', '-f', theirs, '--server-side', '--field-manager=third')).to.contain(
        'Apply failed with 2 conflicts: conflicts with "kubectl":\n- .data.value\nconflicts with "other":\n- .data.value',
      );
    });
  });
}
