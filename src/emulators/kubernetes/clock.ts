export type Speed = number | 'instant';

interface Entry {
  readonly due: number;
  readonly work: () => void;
}

/** The longest wait that Node's timers take; a longer one would end at once. */
const longestTimerMs = 0x7fff_ffff;

/**
 * The emulator's time. Waits are shortened by the speed and never keep the process alive. With speed `instant` they do not
 * wait at all: `settle` lets what is to come happen in its order, until nothing is left.
 */
export class Clock {
  readonly #speed: Speed;
  readonly #startedMs = performance.now();
  readonly #timers = new Set<NodeJS.Timeout>();
  #queue: Entry[] = [];
  #virtualMs = 0;
  #stopped = false;

  /** @throws RangeError for a speed that is not above 0. */
  constructor(speed: Speed) {
    if (speed !== 'instant' && !(speed > 0)) throw new RangeError(`speed must be above 0 or 'instant', not ${speed}`);
    this.#speed = speed;
  }

  /** Emulated milliseconds since the start. */
  now(): number {
    return this.#speed === 'instant' ? this.#virtualMs : (performance.now() - this.#startedMs) * this.#speed;
  }

  /** Calls back after so many emulated milliseconds. @returns a function that cancels. */
  after(ms: number, work: () => void): () => void {
    if (this.#speed !== 'instant') return this.#schedule(ms / this.#speed, work);
    const entry: Entry = { due: this.#virtualMs + ms, work };
    const later = this.#queue.findIndex(({ due }) => due > entry.due);
    this.#queue.splice(later < 0 ? this.#queue.length : later, 0, entry);
    return () => {
      this.#queue = this.#queue.filter((other) => other !== entry);
    };
  }

  /** As `after`, but in real time where speed is `instant`: for what happens again and again. */
  again(ms: number, work: () => void): () => void {
    if (this.#speed !== 'instant') return this.after(ms, work);
    return this.#schedule(ms, () => {
      work();
      this.settle();
    });
  }

  /** With speed `instant` lets everything happen that is still to come; otherwise does nothing. */
  settle(): void {
    for (let next = this.#queue.shift(); next && !this.#stopped; next = this.#queue.shift()) {
      this.#virtualMs = Math.max(this.#virtualMs, next.due);
      next.work();
    }
  }

  stop(): void {
    this.#stopped = true;
    this.#queue = [];
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }

  #schedule(realMs: number, work: () => void): () => void {
    if (this.#stopped) return () => undefined;
    const timer = setTimeout(
      () => {
        this.#timers.delete(timer);
        work();
      },
      Math.min(realMs, longestTimerMs),
    );
    this.#timers.add(timer.unref());
    return () => {
      this.#timers.delete(timer);
      clearTimeout(timer);
    };
  }
}
