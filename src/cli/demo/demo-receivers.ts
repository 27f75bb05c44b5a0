import fetch from 'node-fetch';

/** What the demo needs of a receiver that it made. */
export interface DemoReceiver {
  readonly id: string;
  readonly name: string;
  readonly url: string;
}

const upgradeLimits = { batchSize: 1, intervalMillis: 1 };

/** One receiver for every driver, by name. */
export const demoReceivers = {
  'kubernetes-web': {
    driver: 'deploymentUpdate',
    deploymentUpdateConfig: { namespace: 'default', name: 'web', tag: 'latest', payloadFormat: 'dockerhub' },
  },
  'rancher-web': {
    driver: 'serviceUpgrade',
    serviceUpgradeConfig: { serviceSelector: { app: 'web' }, tag: 'latest', ...upgradeLimits },
  },
  'more-containers': {
    driver: 'scaleService',
    scaleServiceConfig: { serviceId: '1s1', action: 'up', amount: 1, min: 1, max: 10 },
  },
  'more-hosts': {
    driver: 'scaleHost',
    scaleHostConfig: { hostSelector: { pool: 'workers' }, action: 'up', amount: 1, min: 1, max: 10 },
  },
  'to-container': {
    driver: 'forwardPost',
    forwardPostConfig: { projectId: '1a5', serviceName: 'web', port: '80', path: '/hook' },
  },
} as const;

export type DemoReceiverName = keyof typeof demoReceivers;

/** Makes the receivers as any client does: `POST /v1-webhooks/receivers`. @throws Error with the answer's text. */
export async function createDemoReceivers(
  serviceUrl: string,
  projectId: string,
  authorization: string,
): Promise<Record<DemoReceiverName, DemoReceiver>> {
  const made = await Promise.all(
    Object.entries(demoReceivers).map(async ([name, receiver]) => {
      const answer = await fetch(`${serviceUrl}/v1-webhooks/receivers?projectId=${projectId}`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', Authorization: authorization },
        body: JSON.stringify({ name, ...receiver }),
      });
      if (!answer.ok) throw new Error(`the receiver ${name} could not be made: ${await answer.text()}`);
      return [name, await answer.json()];
    }),
  );
  return Object.fromEntries(made) as Record<DemoReceiverName, DemoReceiver>;
}
