interface Waiting {
  readonly stream: string;
  readonly start: (run: boolean) => void;
}

/**
 * One piece of work at a time per target. A newer one takes the place of the waiting one of its own stream, and of nothing
 * else: what is running is never disturbed.
 */
export class TargetQueue {
  readonly #targets = new Map<string, Waiting[]>();

  /** @returns false if a newer piece of work of the same stream came before this one could start. */
  async run(target: string, stream: string, work: () => Promise<void>): Promise<boolean> {
    const waiting = this.#targets.get(target);
    if (waiting === undefined) {
      this.#targets.set(target, []);
    } else {
      const { promise, resolve } = Promise.withResolvers<boolean>();
      const older = waiting.findIndex((entry) => entry.stream === stream);
      if (older >= 0) waiting.splice(older, 1)[0]?.start(false);
      waiting.push({ stream, start: resolve });
      if (!(await promise)) return false;
    }
    try {
      await work();
    } finally {
      const next = this.#targets.get(target)?.shift();
      if (next) next.start(true);
      else this.#targets.delete(target);
    }
    return true;
  }
}
