import { expect } from 'chai';
import type { KubernetesList, WatchEvent } from '../../../../src/drivers/kubernetes/cluster/kubernetes-clusters.ts';
import type { Pod } from '../../../../src/drivers/kubernetes/cluster/kubernetes-objects.ts';
import { observe } from '../../../../src/drivers/kubernetes/cluster/observe.ts';

const pod = (uid: string, phase = 'Pending'): Pod => ({ metadata: { uid }, status: { phase } });

/** Never yields, as a watch whose connection was cut without a word; ends with its signal. */
async function* silence(signal: AbortSignal): AsyncGenerator<WatchEvent<Pod>> {
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve));
  signal.throwIfAborted();
  yield* [];
}

describe('observe', () => {
  it('reads everything again where a watch is silent', async () => {
    const stop = new AbortController();
    const seen: (readonly Pod[])[] = [];
    const failures: Error[] = [];
    let reads = 0;
    await observe<Pod>(
      {
        read: async (): Promise<KubernetesList<Pod>> => {
          reads += 1;
          return { items: [pod('a', reads === 1 ? 'Pending' : 'Running')], resourceVersion: String(reads) };
        },
        watch: (_version, _seconds, signal) => silence(signal),
        seen(pods) {
          seen.push(pods);
          if (seen.length === 2) stop.abort();
        },
        failed: (error) => void failures.push(error),
        watchSeconds: 0.1,
      },
      stop.signal,
    );
    expect(seen.map(([each]) => each?.status?.phase)).to.deep.equal(['Pending', 'Running']);
    expect(failures, 'that is no failure').to.deep.equal([]);
  });

  it('follows changes, and reads again after a failure', async () => {
    const stop = new AbortController();
    const seen: string[] = [];
    const failures: string[] = [];
    let watches = 0;
    const watch = async function* (): AsyncGenerator<WatchEvent<Pod>> {
      watches += 1;
      if (watches === 2) throw new Error('410: too old');
      yield { type: 'ADDED', object: pod('b') };
      yield { type: 'MODIFIED', object: pod('a', 'Running') };
      yield { type: 'DELETED', object: pod('b') };
    };
    await observe<Pod>(
      {
        read: async () => ({ items: [pod('a')], resourceVersion: '1' }),
        watch,
        seen(pods) {
          seen.push(pods.map(({ metadata, status }) => `${metadata?.uid} ${status?.phase}`).join());
          if (watches === 3) stop.abort();
        },
        failed: ({ message }) => void failures.push(message),
      },
      stop.signal,
    );
    expect(seen.slice(0, 5)).to.deep.equal(['a Pending', 'a Pending,b Pending', 'a Running,b Pending', 'a Running', 'a Pending']);
    expect(failures).to.deep.equal(['410: too old']);
  });
});
