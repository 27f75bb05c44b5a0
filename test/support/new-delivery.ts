import crypto from 'node:crypto';
import type { NewDelivery } from '../../src/framework/deliveries/delivery-store.ts';

/** A push of 1 kB to a receiver of a queued driver, as the endpoint would hand it to the store. */
export function newDelivery(parts: Partial<NewDelivery> = {}): NewDelivery {
  return {
    projectId: '1a5',
    receiver: { id: '1go1', name: 'deploy', key: crypto.hash('sha256', 'a receiver') },
    driver: 'serviceUpgrade',
    upstream: 'rancher',
    config: { tag: 'latest' },
    request: { headers: { 'content-type': 'application/json' }, query: '', body: Buffer.alloc(1_024, 'b') },
    events: [],
    receivedAt: Date.now(),
    kind: 'queued',
    identities: [],
    owner: 'test',
    leaseMs: 15_000,
    ...parts,
  };
}
