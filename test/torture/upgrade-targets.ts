import type { RancherSeed } from '../../src/emulators/rancher/rancher-seed.ts';
import { sendRequest } from '../support/send-request.ts';

/** Services of one container each, `1s1`, `1s2`, …, told apart by a label. */
export function serviceSeed(targets: number): RancherSeed {
  const services = Array.from({ length: targets }, (_, index) => ({
    type: 'service',
    id: `1s${index + 1}`,
    name: `web${index + 1}`,
    accountId: '1a5',
    stackId: '1st1',
    scale: 1,
    launchConfig: { imageUuid: 'docker:acme/web:first', labels: { app: `web${index + 1}` } },
  }));
  return { apiKeys: [], resources: [{ type: 'project', id: '1a5' }, { type: 'stack', id: '1st1' }, ...services] };
}

/** A receiver for each of them that takes any tag. @returns the queries of their URLs. */
export async function createReceivers(url: string, targets: number): Promise<string[]> {
  const queries: string[] = [];
  for (let index = 1; index <= targets; index += 1) {
    const config = { tagPattern: '*', batchSize: 1, intervalMillis: 2, payloadFormat: 'dockerhub' };
    const serviceUpgradeConfig = { ...config, serviceSelector: { app: `web${index}` } };
    const body = { name: `web${index}`, driver: 'serviceUpgrade', serviceUpgradeConfig };
    const created = await sendRequest(url, '/v1-webhooks/receivers?projectId=1a5', { method: 'POST', body });
    if (created.status !== 200) throw new Error(created.text);
    queries.push(String(created.json['url']).replace(/^[^?]*/, ''));
  }
  return queries;
}
