/** `instant` ends every wait at once; a number divides it. */
export type Speed = number | 'instant';

/** The emulator's time: waits that a speed shortens, that never keep the process alive and that all end with `stop`. */
export class Clock {
  readonly #speed: Speed;
  readonly #timers = new Set<NodeJS.Timeout>();
  #stopped = false;

  /** @throws RangeError for a speed that is not above 0. */
  constructor(speed: Speed) {
    if (speed !== 'instant' && !(speed > 0)) throw new RangeError(`speed must be above 0 or 'instant', not ${speed}`);
    this.#speed = speed;
  }

  get isInstant(): boolean {
    return this.#speed === 'instant';
  }

  /** Calls back after so many emulated milliseconds. @returns a function that cancels. */
  after(milliseconds: number, callback: () => void): () => void {
    if (this.#stopped) return () => undefined;
    const real = this.#speed === 'instant' ? 0 : Math.min(milliseconds / this.#speed, 0x7fffffff);
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      callback();
    }, real);
    timer.unref();
    this.#timers.add(timer);
    return () => {
      clearTimeout(timer);
      this.#timers.delete(timer);
    };
  }

  stop(): void {
    this.#stopped = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }
}
