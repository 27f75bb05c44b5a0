import type { Deliveries } from '../../src/framework/deliveries/deliveries.ts';
import {
  type DeliveryEvent,
  type DeliveryRecord,
  isEnded,
  type TargetRecord,
} from '../../src/framework/deliveries/delivery-record.ts';
import type { DeliveryQuery, EventQuery } from '../../src/framework/deliveries/delivery-store.ts';
import type { DecisionName } from '../../src/framework/driver.ts';
import { ServiceError } from '../../src/framework/errors.ts';

/** Deliveries in plain lists. Nothing is done for them: tests say what happened. */
export class FakeDeliveries implements Deliveries {
  readonly records: DeliveryRecord[] = [];
  readonly happened: DeliveryEvent[] = [];
  readonly targets: TargetRecord[] = [];
  /** Thrown by the next calls that read events, the first first. */
  readonly faults: Error[] = [];
  /** Deliveries that cannot be replayed, and why. */
  readonly refusals = new Map<string, ServiceError>();
  readonly #listeners = new Set<() => void>();

  get listeners(): number {
    return this.#listeners.size;
  }

  clear(): void {
    for (const list of [this.records, this.happened, this.targets, this.faults]) list.length = 0;
    this.refusals.clear();
  }

  /** @returns its id: 1wd1, 1wd2, … */
  put(record: Partial<DeliveryRecord> = {}): string {
    const number = this.records.length + 1;
    const id = `1wd${number}`;
    this.records.push({
      id,
      projectId: '1a5',
      receiver: { id: '1go1', name: 'wh', key: 'f'.repeat(64) },
      driver: 'queued',
      state: 'succeeded',
      message: '',
      receivedAt: Date.UTC(2026, 0, 1) + number * 1_000,
      events: [],
      duplicates: 0,
      request: { headers: {}, query: '', body: Buffer.alloc(0) },
      skipped: [],
      actions: [],
      ...record,
    });
    return id;
  }

  putTarget(target: Partial<TargetRecord> = {}): string {
    const id = `1wt${this.targets.length + 1}`;
    this.targets.push({ id, projectId: '1a5', name: `target ${id}`, holds: [], ...target });
    return id;
  }

  /** Something happens to a delivery, and whoever listens is told. */
  happen(deliveryId: string, event: Partial<DeliveryEvent> = {}): void {
    const { projectId = '1a5', receiver = { id: '1go1', name: 'wh' } } = this.records.find(({ id }) => id === deliveryId) ?? {};
    const id = (this.happened.at(-1)?.id ?? 0) + 1;
    const { name } = receiver;
    const base = { id, at: id, deliveryId, projectId, receiver: { id: receiver.id, name }, message: '' };
    this.happened.push({ ...base, type: 'state', ...event });
    for (const listener of this.#listeners) listener();
  }

  get(projectId: string, deliveryId: string): Promise<DeliveryRecord | undefined> {
    return Promise.resolve(this.records.find((record) => record.projectId === projectId && record.id === deliveryId));
  }

  list(query: DeliveryQuery): Promise<DeliveryRecord[]> {
    const { projectId, states, receiverId, driver, since = -Infinity, until = Infinity, order, limit, marker } = query;
    const ordered = order === 'asc' ? this.records : this.records.toReversed();
    const rest = ordered.slice(marker === undefined ? 0 : ordered.findIndex(({ id }) => id === marker) + 1);
    const found = rest.filter(
      (record) =>
        record.projectId === projectId &&
        (states?.includes(record.state) ?? true) &&
        (receiverId ?? record.receiver.id) === record.receiver.id &&
        (driver ?? record.driver) === record.driver &&
        record.receivedAt >= since &&
        record.receivedAt < until,
    );
    return Promise.resolve(found.slice(0, limit));
  }

  async events({ projectId, deliveryId, after, limit }: EventQuery): Promise<DeliveryEvent[]> {
    const fault = this.faults.shift();
    if (fault) throw fault;
    const found = this.happened.filter(
      (event) =>
        event.id > after &&
        (projectId ?? event.projectId) === event.projectId &&
        (deliveryId ?? event.deliveryId) === event.deliveryId,
    );
    return Promise.resolve(found.slice(0, limit));
  }

  getTarget(projectId: string, targetId: string): Promise<TargetRecord | undefined> {
    return Promise.resolve(this.targets.find((target) => target.projectId === projectId && target.id === targetId));
  }

  listTargets(projectId: string): Promise<TargetRecord[]> {
    return Promise.resolve(this.targets.filter((target) => target.projectId === projectId));
  }

  rehearse(): never {
    throw new Error('nothing is planned here');
  }

  async replay(projectId: string, deliveryId: string, by: string): Promise<string> {
    const refusal = this.refusals.get(deliveryId);
    if (refusal) throw refusal;
    const { receiver, driver, request, state } = await this.#require(projectId, deliveryId);
    if (!isEnded(state)) throw new ServiceError('Conflict', 'not ended');
    const origin = { replayOf: deliveryId, requestedBy: by };
    return this.put({ projectId, receiver, driver, request, ...origin, state: 'queued', receivedAt: Date.now() });
  }

  async cancel(projectId: string, deliveryId: string, by: string): Promise<DeliveryRecord> {
    const record = await this.#require(projectId, deliveryId);
    const cancelled: DeliveryRecord = { ...record, state: 'cancelled', message: `cancelled by ${by}` };
    this.records[this.records.indexOf(record)] = cancelled;
    return cancelled;
  }

  async decide(projectId: string, deliveryId: string, decision: DecisionName, by: string): Promise<DeliveryRecord> {
    const { awaits, ...record } = await this.#require(projectId, deliveryId);
    if (awaits?.includes(decision) !== true) throw new ServiceError('Conflict', 'not awaited');
    const decided: DeliveryRecord = { ...record, message: `${decision} by ${by}` };
    this.records[this.records.findIndex(({ id }) => id === deliveryId)] = decided;
    return decided;
  }

  hold(projectId: string, targetId: string, options: { image: string; reason: string; by: string }): Promise<TargetRecord> {
    const { image, reason, by } = options;
    return this.#change(projectId, targetId, (holds) => [...holds, { image, reason, heldBy: by, heldAt: 0 }]);
  }

  release(projectId: string, targetId: string, { image }: { image?: string; by: string }): Promise<TargetRecord> {
    return this.#change(projectId, targetId, (holds) => holds.filter((hold) => image !== undefined && hold.image !== image));
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async #require(projectId: string, deliveryId: string): Promise<DeliveryRecord> {
    const record = await this.get(projectId, deliveryId);
    if (!record) throw new ServiceError('NotFound', 'no such delivery');
    return record;
  }

  async #change(
    projectId: string,
    targetId: string,
    change: (holds: TargetRecord['holds']) => TargetRecord['holds'],
  ): Promise<TargetRecord> {
    const target = await this.getTarget(projectId, targetId);
    if (!target) throw new ServiceError('NotFound', 'no such target');
    const changed = { ...target, holds: change(target.holds) };
    this.targets[this.targets.indexOf(target)] = changed;
    return changed;
  }
}
