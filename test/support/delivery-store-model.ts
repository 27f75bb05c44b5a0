import { expect } from 'chai';
import { type DeliveryState, isEnded, stateOfDelivery } from '../../src/framework/deliveries/delivery-record.ts';
import {
  type Claim,
  type ClaimRequest,
  LeaseLostError,
  type PlannedWork,
} from '../../src/framework/deliveries/delivery-store.ts';
import type { DirectDeliveryStore } from './direct-delivery-store.ts';

export interface Holder {
  readonly claim: Claim;
  /** What is to be done under the claim. */
  readonly works: PlannedWork[];
}

interface Lease {
  readonly fence: number;
  readonly owner: string;
  until: number;
}

const everything = 10_000;

/** Knows who holds which lane, and checks what a store of deliveries must never do. */
export class DeliveryStoreModel {
  now = 1_000_000;
  readonly accepted: string[] = [];
  /** All claims that ever were given, also those that were lost. */
  readonly holders: Holder[] = [];
  readonly #direct: DirectDeliveryStore;
  readonly #leases = new Map<string, Lease>();
  readonly #ended = new Map<string, DeliveryState>();
  #lastFence = 0;

  constructor(open: (clock: () => number) => DirectDeliveryStore) {
    this.#direct = open(() => this.now);
  }

  get store(): DirectDeliveryStore['store'] {
    return this.#direct.store;
  }

  taken(claim: Claim): void {
    expect(this.#leases.get(claim.lane), `the lane ${claim.lane} has another holder`).to.equal(undefined);
    expect(claim.fence, 'fences grow').to.be.greaterThan(this.#lastFence);
    this.#lastFence = claim.fence;
    this.#leases.set(claim.lane, { fence: claim.fence, owner: claim.owner, until: this.now + claim.leaseMs });
    this.holders.push({ claim, works: [...claim.actions] });
  }

  async claim(request: Omit<ClaimRequest, 'upstreams'>): Promise<number | undefined> {
    for (const [lane, { until }] of this.#leases) if (until < this.now) this.#leases.delete(lane);
    const { claims, nextReadyAt } = await this.store.claim({ ...request, upstreams: {} });
    expect(claims.length).to.be.at.most(request.limit);
    for (const claim of claims) this.taken(claim);
    return nextReadyAt;
  }

  /** Claims all that there is, and makes sure that nothing was left that could be done. */
  async claimEverything(owner: string, leaseMs: number): Promise<void> {
    let nextReadyAt: number | undefined;
    for (const crashes of [0, 1, 2, 0, 1, 2] as const) {
      nextReadyAt = await this.claim({ owner, leaseMs, limit: everything, crashes });
    }
    const waiting = this.#direct.rows(`SELECT w.id, w.lane, w.ready_at FROM work w LEFT JOIN lanes l ON l.name = w.lane
      WHERE w.state = 'waiting' AND w.kind <> 'inline' AND l.fence IS NULL
      AND w.crashes = (SELECT max(crashes) FROM work o WHERE o.lane = w.lane AND o.state = 'waiting')`);
    const times = waiting.map((row) => Number(row['ready_at']));
    expect(
      waiting.filter((row) => Number(row['ready_at']) <= this.now),
      'ready work in a free lane was not given',
    ).to.deep.equal([]);
    // A look too many does no harm, one too late does.
    if (times.length > 0) expect(nextReadyAt, 'when more is ready').to.be.within(this.now + 1, Math.min(...times));
  }

  /** A write under a claim: done exactly if the claim still is the one on its lane. @returns undefined if it was refused. */
  async write<T>({ claim }: Holder, act: () => Promise<T>): Promise<T | undefined> {
    const holds = this.#leases.get(claim.lane)?.fence === claim.fence;
    try {
      const result = await act();
      expect(holds, `a write of the lost fence ${claim.fence} was taken`).to.equal(true);
      return result;
    } catch (thrown) {
      if (!(thrown instanceof LeaseLostError)) throw thrown;
      expect(holds, `a write of the fence ${claim.fence}, which holds, was refused`).to.equal(false);
      return undefined;
    }
  }

  holds({ claim }: Holder): boolean {
    return this.#leases.get(claim.lane)?.fence === claim.fence;
  }

  freed({ claim }: Holder): void {
    if (this.#leases.get(claim.lane)?.fence === claim.fence) this.#leases.delete(claim.lane);
  }

  prolonged({ claim }: Holder): void {
    const lease = this.#leases.get(claim.lane);
    if (lease?.fence === claim.fence) lease.until = this.now + claim.leaseMs;
  }

  /** @param heard how many of its claims the owner knows of. */
  async renew(owner: string, leaseMs: number, heard: number, asking: boolean): Promise<void> {
    const mine = [...this.#leases].filter(([, lease]) => lease.owner === owner);
    const fences = mine.slice(0, heard).map(([, { fence }]) => fence);
    const { held } = await this.store.renew({ owner, leaseMs, fences, asking, awaited: [] });
    expect(held).to.have.members(fences);
    for (const [index, [lane, lease]] of mine.entries()) {
      if (index < heard) lease.until = this.now + leaseMs;
      else if (!asking && lease.until < this.now + leaseMs / 2) this.#leases.delete(lane);
    }
  }

  async release(owner: string | undefined): Promise<void> {
    if (owner === undefined) await this.store.endAllLeases();
    else await this.store.release(owner);
    for (const [lane, lease] of this.#leases) if (owner === undefined || lease.owner === owner) this.#leases.delete(lane);
  }

  /** Nothing that was accepted is gone, and nothing that ended is changed. */
  async check(): Promise<void> {
    const listed = await this.store.list({ projectId: '1a5', limit: everything, order: 'asc' });
    expect(listed.map(({ id }) => id)).to.deep.equal(this.accepted);
    for (const { id, state, endedAt, supersededBy } of listed) {
      expect(endedAt !== undefined, `${id} is ${state} and ended at ${endedAt}`).to.equal(isEnded(state));
      expect(supersededBy !== undefined, `${id} is ${state}, superseded by ${supersededBy}`).to.equal(state === 'superseded');
      expect(state, `the end of ${id}`).to.equal(this.#ended.get(id) ?? state);
      if (isEnded(state)) this.#ended.set(id, state);
    }
  }

  /** Has everything that is left done; then all must have ended, and each chain in something that was not superseded. */
  async finish(): Promise<void> {
    this.now += 10 ** 9;
    for (let round = 0; ; round++) {
      expect(round, 'the work does not come to an end').to.be.lessThan(200);
      const before = this.holders.length;
      await this.claimEverything('last', everything);
      const given = this.holders.slice(before);
      if (given.length === 0) break;
      for (const holder of given) {
        const state = 'succeeded';
        await this.write(holder, () => this.store.end(holder.claim, holder.works[0]?.id, { state, message: '' }));
        this.freed(holder);
      }
    }
    await this.check();
    const records = await Promise.all(this.accepted.map((id) => this.store.get('1a5', id)));
    const byId = new Map(records.map((record) => [record?.id ?? '', record]));
    for (const record of records) {
      if (record === undefined) throw new Error('a delivery is gone');
      expect(isEnded(record.state), `${record.id} is still ${record.state}`).to.equal(true);
      for (const { state } of record.actions) expect(isEnded(state), `an action of ${record.id} is ${state}`).to.equal(true);
      const derived = stateOfDelivery(record.actions.map(({ state }) => state));
      if (derived !== undefined) expect(record.state).to.equal(derived);
      const seen = new Set<string>();
      for (let last = record; last.supersededBy !== undefined;) {
        expect(seen.has(last.id), `${last.id} is superseded in a circle`).to.equal(false);
        seen.add(last.id);
        const next = byId.get(last.supersededBy);
        if (next === undefined) throw new Error(`${last.supersededBy} is unknown`);
        last = next;
      }
    }
    const left = this.#direct.rows('SELECT name FROM lanes WHERE fence IS NOT NULL');
    expect(left, 'lanes that are still held').to.deep.equal([]);
  }
}
