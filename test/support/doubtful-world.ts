import { setTimeout as delay } from 'node:timers/promises';
import type { DeliveryEngine } from '../../src/framework/deliveries/delivery-engine.ts';
import { type DeliverySummary, isEnded } from '../../src/framework/deliveries/delivery-record.ts';
import type { Driver } from '../../src/framework/driver.ts';
import { leaseMs } from '../../src/framework/deliveries/running-work.ts';
import { ServiceError } from '../../src/framework/errors.ts';
import type { Receiver } from '../../src/framework/receiver.ts';
import { activeReceiver } from './active-receiver.ts';
import { openDirectDeliveryStore, type DirectDeliveryStore } from './direct-delivery-store.ts';
import { DoneWork, inlineDriver, queuedDriver } from './doubtful-drivers.ts';
import { type Doubt, type DoubtfulStore, doubtfulStore } from './doubtful-store.ts';
import { newDelivery } from './new-delivery.ts';
import { startEngine } from './start-engine.ts';

const projectId = '1a5';
const inlineDeliveries = 3;

/** Senders and people who use a store of which one call goes wrong, and come again as they are told to. */
export class DoubtfulWorld {
  readonly done = new DoneWork();
  readonly #doubtful: DoubtfulStore;
  readonly #direct: DirectDeliveryStore = openDirectDeliveryStore();
  readonly #queued = queuedDriver(this.done);
  readonly #inline = inlineDriver(this.done);
  /** Ids of deliveries whose senders were told that they are taken. */
  readonly #accepted: string[] = [];
  readonly #doubt: Doubt | undefined;
  #sent = 0;
  /** The longest time from the first sending of a delivery until it was taken, milliseconds. */
  slowestMs = 0;

  constructor(doubt?: Doubt) {
    this.#doubt = doubt;
    this.#doubtful = doubtfulStore(this.#direct.store, doubt);
  }

  get calls(): DoubtfulStore['calls'] {
    return this.#doubtful.calls;
  }

  /** Everything that is done with a store: a start, pushes, what people do, a stop in the middle, and the next process. */
  async run(): Promise<void> {
    await this.#leaveWork();
    const first = await this.#start();
    const inline = ['count', 'count', 'count without an id'].map((body) => this.#send(first, this.#inline, body));
    const plain = await this.#send(first, this.#queued, 'plain web 1');
    await this.#send(first, this.#queued, 'nothing');
    await this.#send(first, this.#queued, 'flaky api 1');
    const manual = await this.#send(first, this.#queued, 'manual shop 1');
    const left = await this.#send(first, this.#queued, 'manual cart 1');
    const long = await this.#send(first, this.#queued, 'long batch 1');
    await Promise.all(inline);
    await this.#until(async () => isEnded((await this.#read(plain)).state));
    await this.#again(() => first.control.replay(projectId, plain, 'somebody'));
    await this.#until(() => this.done.following === 1);
    await this.#again(() => first.control.cancel(projectId, long, 'somebody'));
    await this.#until(async () => (await this.#read(manual)).awaits !== undefined);
    await this.#again(() => first.control.decide(projectId, manual, 'promote', 'somebody'));
    await this.#until(async () => (await this.#read(left)).awaits !== undefined);
    await this.#again(() => first.control.cancel(projectId, left, 'somebody'));
    await this.#hold(first);
    await this.#until(async () => isEnded((await this.#read(long)).state));
    first.receiverChanged({ projectId, id: '1go1' });
    await this.#send(first, this.#queued, 'plain web 2');
    await this.#send(first, this.#queued, 'long batch 2');
    await this.#until(() => this.done.following === 1);
    // Some leases are renewed.
    await delay(12_000);
    await first.stop();
    if ((this.#doubt?.hangsMs ?? 0) === 0) this.done.faults.push(...this.#held());
    this.done.mayFollow = false;
    const second = await this.#start();
    await this.#until(async () => (await this.list()).every(({ state }) => isEnded(state)));
    // For the limits to be asked for once more.
    await delay(6_000);
    await second.stop();
  }

  list(): Promise<DeliverySummary[]> {
    return this.#direct.store.list({ projectId, limit: 1_000, order: 'asc' });
  }

  /** What is wrong now that all is over. */
  async faults(): Promise<string[]> {
    const { done } = this;
    const deliveries = await this.list();
    const faults = [...done.faults, ...((this.#doubt?.hangsMs ?? 0) < leaseMs ? done.doneAgain : [])];
    const open = deliveries.filter(({ state }) => !isEnded(state));
    faults.push(...open.map(({ id, state, message }) => `${id} is ${state}: ${message}`));
    const failed = deliveries.filter(({ state }) => state === 'failed' || state === 'dead');
    faults.push(...failed.map(({ id, state, message }) => `${id} is ${state}: ${message}`));
    const known = new Set(deliveries.map(({ id }) => id));
    faults.push(...this.#accepted.filter((id) => !known.has(id)).map((id) => `${id} is lost`));
    faults.push(...this.#held());
    if (done.count !== inlineDeliveries) faults.push(`counted to ${done.count}, and ${inlineDeliveries} were told so`);
    for (const [target, tag] of [
      ['web', '2'],
      ['api', '1'],
      ['shop', '1'],
      ['batch', '2'],
    ] as const) {
      if (done.writes.get(target)?.at(-1) !== tag) faults.push(`${target} has ${done.writes.get(target)?.join()}`);
    }
    const limited = Object.entries(this.#doubtful.allowances()).map(([name, places]) => `${name} has ${places} places`);
    faults.push(...limited);
    return faults;
  }

  #held(): string[] {
    return this.#direct.rows('SELECT name FROM lanes WHERE fence IS NOT NULL').map(({ name }) => `${String(name)} is held`);
  }

  async close(): Promise<void> {
    await this.#direct.store.close();
  }

  /** What a process that died had begun. */
  async #leaveWork(): Promise<void> {
    const { store } = this.#direct;
    const body = Buffer.from('slow old 1');
    const { id, name, key } = receiverOf('queued');
    const request = { headers: {}, query: '', body };
    await store.accept(newDelivery({ driver: 'queued', config: {}, receiver: { id, name, key }, request, leaseMs: 0 }));
    await store.claim({ owner: 'dead', leaseMs: 15_000, limit: 1, upstreams: {}, crashes: 0 });
  }

  /** Whoever runs the program starts it again. */
  #start(): Promise<DeliveryEngine> {
    const receiver = receiverOf('queued');
    return this.#again(
      () => startEngine({ drivers: [this.#queued, this.#inline], receiver, store: this.#doubtful.store }),
      (thrown) => thrown.name === 'StoreUnavailableError',
    );
  }

  async #hold(engine: DeliveryEngine): Promise<void> {
    const target = (await this.#direct.store.listTargets(projectId)).find(({ name }) => name === 'web');
    if (target === undefined) throw new Error('there is no target web');
    await this.#again(() => engine.control.hold(projectId, target.id, { image: 'web:9', reason: '', by: 'somebody' }));
    await this.#again(() => engine.control.release(projectId, target.id, { by: 'somebody' }));
  }

  /** Sends until it is told that the delivery was taken; most by an id, as senders have that come again. @returns the delivery's. */
  async #send(engine: DeliveryEngine, driver: Driver, body: string): Promise<string> {
    const startedAt = performance.now();
    this.#sent += 1;
    const headers = body.endsWith('without an id') ? {} : { 'webhook-id': `m${this.#sent}` };
    const request = { headers, query: '', body: Buffer.from(body) };
    const id = await this.#again(async () => {
      const taken = await engine.intake.take({ receiver: receiverOf(driver.definition.id), driver, request });
      if (taken.failure) throw taken.failure;
      return taken.id;
    });
    this.#accepted.push(id);
    this.slowestMs = Math.max(this.slowestMs, performance.now() - startedAt);
    return id;
  }

  /** Does it until it succeeds, or was done before. @throws what must never be answered. */
  async #again<T>(act: () => Promise<T>, mayFail: (thrown: Error) => boolean = isUnavailable): Promise<T> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await act();
      } catch (thrown) {
        const isDone = tries > 1 && thrown instanceof ServiceError && thrown.code === 'Conflict';
        if (isDone) return undefined as T;
        if (!(thrown instanceof Error) || !mayFail(thrown) || tries > 10) throw thrown;
        await delay(5_000);
      }
    }
  }

  async #read(id: string): Promise<DeliverySummary> {
    const found = await this.#direct.store.get(projectId, id);
    if (found === undefined) throw new Error(`${id} is lost`);
    return found;
  }

  async #until(condition: () => boolean | Promise<boolean>): Promise<void> {
    for (let waited = 0; !(await condition()); waited += 250) {
      if (waited > 60_000) throw new Error(`it did not come true: ${condition.toString()}`);
      await delay(250);
    }
  }
}

function isUnavailable(thrown: Error): boolean {
  return thrown instanceof ServiceError && thrown.code === 'Unavailable' && thrown.retryAfterSeconds !== undefined;
}

function receiverOf(driver: string): Receiver {
  return activeReceiver(driver, { key: driver, name: driver });
}
