import { expect } from 'chai';
import { clusters, type Kubectl, workload } from './kubectl-clusters.ts';

/** Of a workload's status only what does not differ from cluster to cluster. */
async function statusOf(kubectl: Kubectl, target: string): Promise<Record<string, unknown>> {
  const status = JSON.parse(await kubectl('get', target, '-o', 'jsonpath={.status}')) as Record<string, unknown>;
  const { currentRevision, updateRevision, conditions: _conditions, ...counts } = status;
  return { ...counts, ...(updateRevision !== undefined && { isCurrent: currentRevision === updateRevision }) };
}

/** What a StatefulSet tells of itself once it is complete. */
function settled({ replicas = 3 }: { readonly replicas?: number }): string {
  return replicas === 0 ? '1 0 ' : `1 ${replicas} ${replicas}`;
}

async function images(kubectl: Kubectl, app: string): Promise<string> {
  return kubectl('get', 'pods', '-l', `app=${app}`, '-o', 'jsonpath={.items[*].spec.containers[0].image}');
}

for (const [cluster, use] of clusters) {
  describe(`workloads on ${cluster}`, function () {
    this.timeout(180_000);
    let kubectl: Kubectl;
    before(async function () {
      kubectl = await use(this);
    });
    after(() => kubectl?.stop());

    describe('a StatefulSet', () => {
      const start = async (
        name: string,
        spec: { readonly replicas?: number; readonly [field: string]: unknown } = {},
      ): Promise<string> => {
        await kubectl.apply(workload('StatefulSet', name, 'acme/db:1', { replicas: 3, ...spec }));
        await kubectl.until(
          `sts/${name}`,
          '{.status.observedGeneration} {.status.replicas} {.status.readyReplicas}',
          settled(spec),
        );
        return `sts/${name}`;
      };

      it('is updated from its last pod to its first', async () => {
        const db = await start('order');
        const watch = kubectl.background('get', 'pods', '-l', 'app=order', '-w', '-o', 'name');
        await kubectl('set', 'image', db, 'main=acme/db:2-slow300ms');
        expect(await kubectl('rollout', 'status', db)).to.contain('3');
        watch.stop();
        expect(await images(kubectl, 'order')).to.equal(Array(3).fill('acme/db:2-slow300ms').join(' '));
        expect(await statusOf(kubectl, db)).to.deep.equal({
          observedGeneration: 2,
          replicas: 3,
          readyReplicas: 3,
          currentReplicas: 3,
          updatedReplicas: 3,
          availableReplicas: 3,
          collisionCount: 0,
          isCurrent: true,
        });
      });

      it('is stuck at a bad pod, also on the way back, until that pod is deleted', async () => {
        const db = await start('stuck');
        await kubectl('set', 'image', db, 'main=acme/db:2-bad');
        await kubectl.until('pod/stuck-2', '{.status.containerStatuses[0].state.waiting.reason}', 'ImagePullBackOff');
        await kubectl.until(db, '{.status.updatedReplicas}', '1');
        expect(await statusOf(kubectl, db)).to.deep.equal({
          observedGeneration: 2,
          replicas: 3,
          readyReplicas: 2,
          currentReplicas: 2,
          updatedReplicas: 1,
          availableReplicas: 2,
          collisionCount: 0,
          isCurrent: false,
        });
        await kubectl('rollout', 'undo', db);
        await kubectl.until(db, '{.status.observedGeneration}', '3');
        expect(await images(kubectl, 'stuck')).to.equal('acme/db:1 acme/db:1 acme/db:2-bad');
        await kubectl('delete', 'pod', 'stuck-2', '--wait=false');
        await kubectl.until('pod/stuck-2', '{.spec.containers[0].image}', 'acme/db:1');
        await kubectl('rollout', 'status', db);
        expect(await statusOf(kubectl, db)).to.include({ readyReplicas: 3, updatedReplicas: 3, isCurrent: true });
      });

      it('leaves the pods below its partition, and brings them back in their own version', async () => {
        const db = await start('part', { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 2 } } });
        await kubectl('set', 'image', db, 'main=acme/db:2');
        await kubectl('rollout', 'status', db);
        expect(await images(kubectl, 'part')).to.equal('acme/db:1 acme/db:1 acme/db:2');
        const uid = await kubectl('get', 'pod', 'part-0', '-o', 'jsonpath={.metadata.uid}');
        await kubectl('delete', 'pod', 'part-0', '--wait=false');
        await kubectl.until('pod/part-0', '{.metadata.uid}', new RegExp(`^(?!${uid}$).`));
        await kubectl.until(db, '{.status.readyReplicas}', '3');
        expect(await images(kubectl, 'part')).to.equal('acme/db:1 acme/db:1 acme/db:2');
        expect(await statusOf(kubectl, db)).to.include({ currentReplicas: 2, updatedReplicas: 1, isCurrent: false });
      });

      it('with OnDelete is updated by deleting', async () => {
        const db = await start('manual', { updateStrategy: { type: 'OnDelete' } });
        await kubectl('set', 'image', db, 'main=acme/db:2');
        await kubectl.until(db, '{.status.observedGeneration}', '2');
        expect(await images(kubectl, 'manual')).to.equal('acme/db:1 acme/db:1 acme/db:1');
        await kubectl('delete', 'pod', 'manual-1', '--wait=false');
        await kubectl.until('pod/manual-1', '{.spec.containers[0].image}', 'acme/db:2');
        await kubectl.until(db, '{.status.readyReplicas}', '3');
        expect(await statusOf(kubectl, db)).to.include({ updatedReplicas: 1, currentReplicas: 2 });
      });

      it('keeps its order when it is scaled', async () => {
        const db = await start('scaled', { replicas: 1 });
        await kubectl('scale', db, '--replicas=3');
        await kubectl.until(db, '{.status.readyReplicas}', '3');
        await kubectl('scale', db, '--replicas=1');
        await kubectl.until(db, '{.status.replicas}', '1');
        expect(await kubectl('get', 'pods', '-l', 'app=scaled', '-o', 'name')).to.equal('pod/scaled-0\n');
      });

      it('waits for no pod where they are parallel', async () => {
        await kubectl.apply(
          workload('StatefulSet', 'all', 'acme/db:1-unready', { replicas: 3, podManagementPolicy: 'Parallel' }),
        );
        await kubectl.until('sts/all', '{.status.replicas}', '3');
        await kubectl.apply(workload('StatefulSet', 'one', 'acme/db:1-unready', { replicas: 3 }));
        await kubectl.until('pod/one-0', '{.status.phase}', 'Running');
        expect((await statusOf(kubectl, 'sts/one'))['replicas']).to.equal(1);
      });

      it('may change little beside its template', async () => {
        await start('fixed', { replicas: 0 });
        const patch = ['patch', 'sts', 'fixed', '--type=merge', '-p', '{"spec":{"serviceName":"other"}}'];
        expect(await kubectl.refusal(...patch)).to.equal(
          `The StatefulSet "fixed" is invalid: spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden\n`,
        );
      });
    });

    describe('a DaemonSet', () => {
      const start = async (name: string, updateStrategy?: object): Promise<string> => {
        await kubectl.apply(workload('DaemonSet', name, 'acme/agent:1', { ...(updateStrategy && { updateStrategy }) }));
        await kubectl.until(`ds/${name}`, '{.status.observedGeneration} {.status.numberAvailable}', '1 1');
        return `ds/${name}`;
      };

      it('has one pod on each node, and replaces it', async () => {
        const agent = await start('agent');
        await kubectl('set', 'image', agent, 'main=acme/agent:2');
        await kubectl('rollout', 'status', agent);
        await kubectl.until('pods', '{.items[?(@.metadata.labels.app=="agent")].spec.containers[0].image}', 'acme/agent:2');
        expect(await statusOf(kubectl, agent)).to.deep.equal({
          observedGeneration: 2,
          desiredNumberScheduled: 1,
          currentNumberScheduled: 1,
          updatedNumberScheduled: 1,
          numberReady: 1,
          numberAvailable: 1,
          numberMisscheduled: 0,
        });
        expect(await kubectl('rollout', 'history', agent)).to.match(/^1 .*\n2 /m);
      });

      it('is stuck at a bad pod only until it is set to another image', async () => {
        const agent = await start('broken');
        await kubectl('set', 'image', agent, 'main=acme/agent:2-bad');
        await kubectl.until(agent, '{.status.updatedNumberScheduled} {.status.numberUnavailable}', '1 1');
        await kubectl('rollout', 'undo', agent);
        await kubectl('rollout', 'status', agent);
        expect(await images(kubectl, 'broken')).to.equal('acme/agent:1');
      });

      it('with a surge keeps the old pod until the new one is ready', async () => {
        const agent = await start('surge', { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } });
        await kubectl('set', 'image', agent, 'main=acme/agent:2-bad');
        await kubectl.until('pods', '{.items[?(@.metadata.labels.app=="surge")].metadata.name}', / /);
        expect(await images(kubectl, 'surge')).to.contain('acme/agent:1');
        await kubectl('set', 'image', agent, 'main=acme/agent:3');
        await kubectl('rollout', 'status', agent);
        await kubectl.until('pods', '{.items[?(@.metadata.labels.app=="surge")].spec.containers[0].image}', 'acme/agent:3');
      });

      it('with OnDelete is updated by deleting', async () => {
        const agent = await start('manual-agent', { type: 'OnDelete' });
        await kubectl('set', 'image', agent, 'main=acme/agent:2');
        await kubectl.until(agent, '{.status.observedGeneration}', '2');
        expect(await images(kubectl, 'manual-agent')).to.equal('acme/agent:1');
        await kubectl('delete', 'pod', '-l', 'app=manual-agent', '--wait=false');
        await kubectl.until(agent, '{.status.updatedNumberScheduled} {.status.numberAvailable}', '1 1');
      });

      it('whose selector fits no node has nothing to do', async () => {
        const template = {
          metadata: { labels: { app: 'nowhere' } },
          spec: { nodeSelector: { gpu: 'yes' }, containers: [{ name: 'main', image: 'acme/agent:1' }] },
        };
        await kubectl.apply(workload('DaemonSet', 'nowhere', '', { template }));
        await kubectl.until('ds/nowhere', '{.status.observedGeneration}', '1');
        expect((await statusOf(kubectl, 'ds/nowhere'))['desiredNumberScheduled']).to.equal(0);
      });
    });

    describe('a Job', () => {
      const template = (image: string): object => ({ spec: { restartPolicy: 'Never', containers: [{ name: 'main', image }] } });
      const job = (name: string, image: string, spec: object = {}): object => ({
        apiVersion: 'batch/v1',
        kind: 'Job',
        metadata: { name },
        spec: { template: template(image), ...spec },
      });

      it('runs to its end', async () => {
        await kubectl.apply(job('good', 'acme/job:1-slow300ms', { completions: 2 }));
        await kubectl('wait', '--for=condition=complete', 'job/good', '--timeout=60s');
        expect(await statusOf(kubectl, 'job/good')).to.include({ succeeded: 2, ready: 0 });
        expect(await kubectl('get', 'pods', '-l', 'job-name=good', '-o', 'jsonpath={.items[*].status.phase}')).to.equal(
          'Succeeded Succeeded',
        );
      });

      it('fails when its pods do', async () => {
        await kubectl.apply(job('poor', 'acme/job:1-crash', { backoffLimit: 0 }));
        await kubectl('wait', '--for=condition=failed', 'job/poor', '--timeout=60s');
        expect(await kubectl('get', 'job/poor', '-o', 'jsonpath={.status.failed}')).to.equal('1');
      });

      it('comes from a CronJob, with its image', async () => {
        const spec = { schedule: '0 3 * * *', suspend: true, jobTemplate: { spec: { template: template('acme/job:1') } } };
        await kubectl.apply({ apiVersion: 'batch/v1', kind: 'CronJob', metadata: { name: 'nightly' }, spec });
        await kubectl('set', 'image', 'cronjob/nightly', 'main=acme/job:2');
        expect(await kubectl('create', 'job', 'now', '--from=cronjob/nightly')).to.equal('job.batch/now created\n');
        await kubectl('wait', '--for=condition=complete', 'job/now', '--timeout=60s');
        expect(
          await kubectl('get', 'pods', '-l', 'job-name=now', '-o', 'jsonpath={.items[*].spec.containers[0].image}'),
        ).to.equal('acme/job:2');
      });

      it('needs a schedule that can be read, and pods that may end', async () => {
        const wrong = {
          schedule: 'x 0 1 1 *',
          jobTemplate: { spec: { template: { spec: { containers: [{ name: 'a', image: 'b' }] } } } },
        };
        const file = await kubectl.file({ apiVersion: 'batch/v1', kind: 'CronJob', metadata: { name: 'd' }, spec: wrong });
        expect(await kubectl.refusal('create', '-f', file)).to.contain(
          'The CronJob "d" is invalid: \n* spec.schedule: Invalid value: "x 0 1 1 *": failed to parse int from x: strconv.Atoi: parsing "x": invalid syntax\n* spec.jobTemplate.spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"\n',
        );
      });
    });
  });
}
