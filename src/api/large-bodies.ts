export interface LargeBodiesLimits {
  /** Most that are read and dealt with at a time. */
  readonly most: number;
  /** Most of one receiver. */
  readonly mostOfOne: number;
}

interface Waiting {
  readonly receiver: string;
  readonly enter: () => void;
}

/**
 * How many large bodies may be in memory at a time: each takes several times its size until it is answered for. The others wait
 * in the network. Whoever knows one trigger URL cannot take all the places.
 */
export class LargeBodies {
  readonly #limits: LargeBodiesLimits;
  readonly #byReceiver = new Map<string, number>();
  readonly #waiting = new Set<Waiting>();
  #underWay = 0;

  constructor(limits: LargeBodiesLimits) {
    this.#limits = limits;
  }

  /**
   * Resolves when it is the body's turn.
   * @param ended aborted once its sender is answered, or gone: then it waits no longer, or its place is free.
   */
  async enter(receiver: string, ended: AbortSignal): Promise<void> {
    if (this.#mayEnter(receiver)) this.#count(receiver, 1);
    else if (!(await this.#wait(receiver, ended))) return;
    if (ended.aborted) this.#leave(receiver);
    else ended.addEventListener('abort', () => this.#leave(receiver), { once: true });
  }

  /** @returns false where it ended before its turn. */
  #wait(receiver: string, ended: AbortSignal): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const waiting: Waiting = { receiver, enter: () => resolve(true) };
    this.#waiting.add(waiting);
    const giveUp = (): void => {
      if (this.#waiting.delete(waiting)) resolve(false);
    };
    if (ended.aborted) giveUp();
    else ended.addEventListener('abort', giveUp, { once: true });
    return promise;
  }

  #mayEnter(receiver: string): boolean {
    return this.#underWay < this.#limits.most && (this.#byReceiver.get(receiver) ?? 0) < this.#limits.mostOfOne;
  }

  #count(receiver: string, change: 1 | -1): void {
    const left = (this.#byReceiver.get(receiver) ?? 0) + change;
    this.#underWay += change;
    if (left > 0) this.#byReceiver.set(receiver, left);
    else this.#byReceiver.delete(receiver);
  }

  #leave(receiver: string): void {
    this.#count(receiver, -1);
    for (const waiting of this.#waiting) {
      if (!this.#mayEnter(waiting.receiver)) continue;
      this.#waiting.delete(waiting);
      this.#count(waiting.receiver, 1);
      waiting.enter();
      return;
    }
  }
}
