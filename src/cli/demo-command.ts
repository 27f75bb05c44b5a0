import fetch from 'node-fetch';
import type { EndedAction } from '../framework/deliveries/delivery-observer.ts';
import { createLog } from '../framework/log.ts';
import { type Command, UsageError, untilAborted } from './command.ts';
import { createDemoReceivers, type DemoReceiver } from './demo/demo-receivers.ts';
import { DemoTeller } from './demo/demo-teller.ts';
import { type DemoWorld, startDemoWorld } from './demo/demo-world.ts';
import { dockerHubPush } from './demo/docker-hub-push.ts';
import { parseFlags } from './parse-flags.ts';

export const demoCommand: Command = {
  help: `webhook-service demo [--port N] [--host H] [--once]

Starts a Rancher and a Kubernetes emulator, the service between them and one receiver for every driver, sends a recorded
Docker Hub push through the real signed URLs, tells what happens, and stays up. No real cluster is ever touched.

  --port N    the service's port, 8085; 0 takes any that is free
  --host H    the address it listens on, 127.0.0.1
  --once      end when both rollouts have ended; exit code 1 if one failed

Examples:
  webhook-service demo
  webhook-service demo --port 9000
`,
  async run(args, signal) {
    const flags = parseFlags(args, ['port', 'host'], ['once']);
    const port = Number(flags['port'] ?? 8085);
    if (!Number.isInteger(port) || port < 0 || port > 65535) throw new UsageError('--port needs a number from 0 to 65535');
    const host = typeof flags['host'] === 'string' ? flags['host'] : '127.0.0.1';
    const teller = new DemoTeller((text) => process.stdout.write(text));
    const world = await startDemoWorld({ host, port, log: createLog(), observer: teller.observer });
    try {
      const results = await tell(world, teller);
      if (flags['once'] === true) return results.every(({ outcome }) => outcome === 'succeeded') ? 0 : 1;
      await untilAborted(signal);
      teller.raw('\nStopping.');
      return 0;
    } finally {
      await world.stop();
    }
  },
};

async function tell(world: DemoWorld, teller: DemoTeller): Promise<EndedAction[]> {
  const { service, rancher, kubernetes, projectId, apiKey } = world;
  teller.say(`Rancher 1.6 emulator on ${rancher.url}, Kubernetes emulator on ${kubernetes.url}`);
  teller.say(`webhook-service on ${service.url}`);
  const basic = `Basic ${Buffer.from(`${apiKey.accessKey}:${apiKey.secretKey}`).toString('base64')}`;
  const receivers = await createDemoReceivers(service.url, projectId, basic);
  teller.say(`made one receiver for every driver: ${Object.keys(receivers).join(', ')}`);
  const pushed = [receivers['kubernetes-web'], receivers['rancher-web']];
  const ends = pushed.map((receiver) => teller.endOf(receiver.name));
  for (const receiver of pushed) await push(receiver, teller);
  const results = await Promise.all(ends);
  teller.raw(byHand(world, receivers));
  return results;
}

async function push(receiver: DemoReceiver, teller: DemoTeller): Promise<void> {
  const { repository, push_data: pushData } = dockerHubPush;
  teller.say(`Docker Hub says: ${repository.repo_name}:${pushData.tag} was pushed → POST to the signed URL of ${receiver.name}`);
  const headers = { 'Content-Type': 'application/json' };
  const answer = await fetch(receiver.url, { method: 'POST', headers, body: JSON.stringify(dockerHubPush) });
  teller.say(`${receiver.name}: answered ${answer.status}`);
}

/** Lines that work when they are pasted into a shell. */
function byHand(
  { service, rancher, kubeconfig, projectId, apiKey }: DemoWorld,
  receivers: Awaited<ReturnType<typeof createDemoReceivers>>,
): string {
  const key = `${apiKey.accessKey}:${apiKey.secretKey}`;
  const push = JSON.stringify({ push_data: { tag: 'latest' }, repository: { repo_name: dockerHubPush.repository.repo_name } });
  return `
Try it by hand. The API key of project ${projectId} is ${key}

  # the receivers, and the services of the emulated Rancher
  curl -s -u ${key} '${service.url}/v1-webhooks/receivers?projectId=${projectId}'
  curl -s -u ${key} '${rancher.url}/v2-beta/projects/${projectId}/services'

  # push again: the Deployment restarts, since the same tag was pushed
  curl -si -H 'Content-Type: application/json' -d '${push}' '${receivers['kubernetes-web'].url}'

  # one container more of the Rancher service 1s1
  curl -si -X POST '${receivers['more-containers'].url}'

  # one host more, and a POST into a container
  curl -si -X POST '${receivers['more-hosts'].url}'
  curl -si -H 'Content-Type: text/plain' -d hello '${receivers['to-container'].url}'

  # the emulated cluster
  kubectl --kubeconfig ${kubeconfig} get deployments,pods

Ctrl-C ends the demo.`;
}
