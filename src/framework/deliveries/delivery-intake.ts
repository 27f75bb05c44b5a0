import crypto from 'node:crypto';
import { decodeStoredConfig } from '../definition.ts';
import type { Acceptance, Delivery, DeliveryRequest, Driver, DriverConfig } from '../driver.ts';
import { coerceError, ServiceError } from '../errors.ts';
import type { Receiver } from '../receiver.ts';
import { SenderAuthenticity } from '../sender-authenticity/sender-authenticity.ts';
import type { SenderProof } from '../sender-authenticity/sender-proof.ts';
import { deliveryIdentities } from './delivery-identities.ts';
import type { DeliveryObserver } from './delivery-observer.ts';
import { type Accepted, type Claim, type DeliveryStore, type NewDelivery, StoreUnavailableError } from './delivery-store.ts';
import type { InlineTurns } from './inline-turns.ts';
import { outcomeOfFirst } from './outcome-of-first.ts';
import { leaseMs, type RunningWork } from './running-work.ts';
import { toStoredRequest } from './stored-request.ts';
import type { WorkRunner } from './work-runner.ts';

/** What a request to a trigger URL asks for, after its credential was found good. */
export interface Hit {
  readonly receiver: Receiver;
  readonly driver: Driver;
  readonly request: DeliveryRequest;
  /** What the sender proves itself by; absent where no sender sent it: then a receiver that asks for proof refuses it. */
  readonly proof?: SenderProof;
  /** Why the request must be refused whatever the driver says: its body could not be read. */
  readonly refusal?: ServiceError;
}

/** How a delivery came to be, where no sender sent it. */
export interface ReplayOrigin {
  readonly replayOf: string;
  readonly requestedBy: string;
  readonly actions?: NonNullable<NewDelivery['actions']>;
}

export interface Taken {
  readonly id: string;
  /** What the sender is to be told instead of success. */
  readonly failure?: Error;
}

export interface DeliveryIntakeOptions {
  readonly store: DeliveryStore;
  readonly running: RunningWork;
  readonly runner: WorkRunner;
  readonly turns: InlineTurns;
  readonly observer: DeliveryObserver;
  readonly senders: Pick<SenderAuthenticity, 'verify'>;
  /** Opens the sealed secrets of a receiver's config. */
  openConfig(driver: Driver, receiver: Receiver): unknown;
  /** Why nothing can be taken at the moment: the store is full, the process is stopping. */
  refusal(): ServiceError | undefined;
  /** Called once a queued delivery is stored. */
  accepted(): void;
}

/** Takes deliveries: stores each before it is answered for, and does inline ones while the sender waits. */
export class DeliveryIntake {
  readonly #options: DeliveryIntakeOptions;
  readonly #configs = new WeakMap<Receiver, DriverConfig>();
  readonly #keys = new WeakMap<Receiver, string>();
  /** Inline deliveries under way: a duplicate is answered as its first one. */
  readonly #inline = new Map<string, Promise<Error | undefined>>();

  constructor(options: DeliveryIntakeOptions) {
    this.#options = options;
  }

  /**
   * Resolves once the delivery is stored, and an inline one is done.
   * @throws ServiceError `Unavailable` where it cannot be stored: then nothing was done, and the sender has to try again.
   */
  async take(hit: Hit, origin?: ReplayOrigin): Promise<Taken> {
    // What a person replays was verified when it came.
    const unproven = origin === undefined && this.#asksForProof(hit) ? await this.#prove(hit) : undefined;
    return unproven === undefined ? this.#take(hit, this.judge(hit), origin) : this.#take(withoutBody(hit), unproven, origin);
  }

  async #take(hit: Hit, judged: Judged, origin: ReplayOrigin | undefined): Promise<Taken> {
    const { id, duplicate, claim } = await this.#store(hit, judged, origin);
    const delivery = toDelivery(id, hit, judged);
    if (judged.kind === 'rejected') {
      this.#options.observer.rejected?.(delivery, judged.failure.message);
      return { id, failure: judged.failure };
    }
    if (judged.kind === 'ignored') this.#options.observer.ignored?.(delivery, judged.reason);
    if (judged.kind === 'queued') this.#options.accepted();
    if (judged.kind !== 'inline') return { id };
    const outcome = duplicate ? this.#outcomeOfFirst(id, delivery) : this.#runInline(id, delivery, hit, judged.config, claim);
    // Nobody waits for a replay: what becomes of it is recorded.
    if (origin !== undefined) return { id };
    const failure = await outcome;
    return { id, ...(failure && { failure }) };
  }

  /** Resolves when no inline delivery is under way. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#inline.values());
  }

  /** What a hit comes to before anything is stored. */
  judge({ receiver, driver, request, refusal }: Hit): Judged {
    if (refusal !== undefined) return { kind: 'rejected', failure: refusal };
    try {
      const config = this.#config(driver, receiver);
      const acceptance = driver.accept(request, config);
      if (receiver.paused) return { kind: 'ignored', reason: 'receiver is paused', acceptance };
      if (acceptance.kind === 'ignored') return { kind: 'ignored', reason: acceptance.reason, acceptance };
      return { kind: driver.definition.mode, config, acceptance };
    } catch (thrown) {
      return { kind: 'rejected', failure: inDriver(thrown, driver) };
    }
  }

  /** A config that cannot be read is refused by `judge`. */
  #asksForProof({ receiver, driver, refusal }: Hit): boolean {
    if (refusal !== undefined) return false;
    try {
      return SenderAuthenticity.isAsked(driver.definition, this.#config(driver, receiver));
    } catch {
      return false;
    }
  }

  /** @returns why the sender is not believed; undefined where it is. */
  async #prove({ receiver, driver, proof = noProof }: Hit): Promise<Rejected | undefined> {
    try {
      await this.#options.senders.verify(this.#config(driver, receiver), proof);
      return undefined;
    } catch (thrown) {
      return { kind: 'rejected', failure: coerceError(thrown) };
    }
  }

  /** A receiver is hit many times before it is read anew. */
  #config(driver: Driver, receiver: Receiver): DriverConfig {
    const known = this.#configs.get(receiver);
    if (known !== undefined) return known;
    const config = decodeStoredConfig(driver.definition, this.#options.openConfig(driver, receiver));
    this.#configs.set(receiver, config);
    return config;
  }

  /** By which a receiver is known without its key, which is a credential. */
  keyHashOf(receiver: Receiver): string {
    const known = this.#keys.get(receiver) ?? crypto.hash('sha256', receiver.key);
    this.#keys.set(receiver, known);
    return known;
  }

  async #store(hit: Hit, judged: Judged, origin: ReplayOrigin | undefined): Promise<Accepted> {
    const { receiver, driver, request } = hit;
    const { store, running } = this.#options;
    const refused = this.#options.refusal();
    if (refused) throw refused;
    const { projectId } = receiver;
    const config = judged.kind === 'queued' || judged.kind === 'inline' ? judged.config : {};
    const events = eventsOf(judged);
    const lane = judged.kind === 'inline' ? driver.exclusive?.(config, projectId) : undefined;
    const message = judged.kind === 'ignored' ? judged.reason : judged.kind === 'rejected' ? judged.failure.message : undefined;
    const delivery: NewDelivery = {
      projectId,
      receiver: { id: receiver.id, name: receiver.name, key: this.keyHashOf(receiver) },
      driver: driver.definition.id,
      upstream: driver.upstream?.(config, projectId) ?? 'rancher',
      config: receiver.config,
      request: toStoredRequest(request),
      events,
      receivedAt: Date.now(),
      kind: judged.kind,
      identities: origin === undefined ? deliveryIdentities(request.headers, events, driver.definition.mode) : [],
      owner: running.owner,
      leaseMs,
      ...(message !== undefined && { message }),
      ...(lane !== undefined && { lane }),
      ...(judged.kind === 'queued' && driver.anyTag?.(config) && { anyTag: true }),
      ...origin,
    };
    try {
      return await (judged.kind === 'inline' ? running.ask(() => store.accept(delivery)) : store.accept(delivery));
    } catch (thrown) {
      if (!(thrown instanceof StoreUnavailableError)) throw thrown;
      const options = { cause: thrown, retryAfterSeconds: 5 };
      throw new ServiceError('Unavailable', 'The delivery could not be stored, try again later', options);
    }
  }

  #outcomeOfFirst(id: string, { projectId }: Delivery): Promise<Error | undefined> {
    return this.#inline.get(id) ?? outcomeOfFirst(this.#options.store, projectId, id);
  }

  #runInline(
    id: string,
    delivery: Delivery,
    { driver }: Hit,
    config: DriverConfig,
    claim: Claim | undefined,
  ): Promise<Error | undefined> {
    const { turns, runner } = this.#options;
    const run = async (): Promise<Error | undefined> => {
      try {
        const lane = driver.exclusive?.(config, delivery.projectId);
        await turns.take(delivery, lane, claim, (mine) => runner.runInline(mine, delivery, driver, config));
        return undefined;
      } catch (thrown) {
        return inDriver(thrown, driver);
      } finally {
        this.#inline.delete(id);
      }
    };
    const outcome = run();
    this.#inline.set(id, outcome);
    return outcome;
  }
}

/** What a request comes to, before anything is stored. */
export type Judged =
  | { readonly kind: 'queued' | 'inline'; readonly config: DriverConfig; readonly acceptance: Acceptance & { kind: 'accepted' } }
  | { readonly kind: 'ignored'; readonly reason: string; readonly acceptance: Acceptance }
  | Rejected;

interface Rejected {
  readonly kind: 'rejected';
  readonly failure: Error;
}

const noProof: SenderProof = { headers: {}, body: Buffer.alloc(0) };

/** What nobody has vouched for is not kept: a replay of it has nothing to do. */
function withoutBody(hit: Hit): Hit {
  return { ...hit, request: { ...hit.request, body: Buffer.alloc(0) } };
}

function eventsOf(judged: Judged): Delivery['events'] {
  return 'acceptance' in judged && judged.acceptance.kind === 'accepted' ? judged.acceptance.events : [];
}

function toDelivery(id: string, { receiver, request }: Hit, judged: Judged): Delivery {
  return {
    id,
    projectId: receiver.projectId,
    receiver: { id: receiver.id, name: receiver.name },
    request,
    events: eventsOf(judged),
  };
}

/** The Go service wraps whatever a driver says. */
function inDriver(thrown: unknown, { definition }: Driver): Error {
  if (!(thrown instanceof ServiceError)) return coerceError(thrown);
  const { code, status, retryAfterSeconds, message } = thrown;
  return new ServiceError(code, `Error ${message} in executing driver for ${definition.id}`, {
    status,
    cause: thrown,
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
  });
}
