export type Speed = number | 'instant';

/** Timers that run faster than real time and never keep the process alive. */
export class Clock {
  readonly #speed: Speed;
  readonly #timers = new Set<NodeJS.Timeout>();
  #stopped = false;
  #immediate = 0;

  constructor(speed: Speed) {
    this.#speed = speed;
  }

  /** Real milliseconds that so many emulated ones take. */
  real(ms: number): number {
    return this.#speed === 'instant' ? 0 : ms / this.#speed;
  }

  after(ms: number, work: () => void): () => void {
    return this.#schedule(this.real(ms), work);
  }

  /** As `after`, but in real time where speed is `instant`: for what happens again and again. */
  again(ms: number, work: () => void): () => void {
    return this.#speed === 'instant' ? this.#schedule(ms, work) : this.after(ms, work);
  }

  /** True while something is about to happen at once. */
  get busy(): boolean {
    return this.#immediate > 0;
  }

  stop(): void {
    this.#stopped = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }

  #schedule(realMs: number, work: () => void): () => void {
    if (this.#stopped) return () => undefined;
    const step = realMs === 0 ? 1 : 0;
    this.#immediate += step;
    const timer = setTimeout(() => {
      this.#immediate -= step;
      this.#timers.delete(timer);
      if (!this.#stopped) work();
    }, realMs);
    this.#timers.add(timer.unref());
    return () => {
      if (!this.#timers.delete(timer)) return;
      this.#immediate -= step;
      clearTimeout(timer);
    };
  }
}
