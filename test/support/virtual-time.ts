import { syncBuiltinESMExports } from 'node:module';
import { mock } from 'node:test';

const startAt = Date.UTC(2026, 0, 1);
const stepMs = 100;
const immediately = setImmediate;

/** Time that passes as soon as nothing else is to be done: for what waits only for timers, and for no input or output. */
export class VirtualTime {
  readonly #clock = performance.now.bind(performance);
  /** How much of it has passed, milliseconds. */
  passedMs = 0;

  constructor() {
    mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'Date'], now: startAt });
    // For those who imported them by name.
    syncBuiltinESMExports();
    performance.now = () => this.passedMs;
  }

  /** Has it pass until `work` has settled. @throws what it throws, and where it takes too long. */
  async run<T>(work: Promise<T>, atMostMs: number): Promise<T> {
    let settled = false;
    const end = work.finally(() => (settled = true));
    end.catch(() => undefined);
    const last = this.passedMs + atMostMs;
    for (;;) {
      await idle();
      if (settled) return end;
      if (this.passedMs >= last) throw new Error(`it did not end within ${atMostMs} ms`);
      this.passedMs += stepMs;
      mock.timers.tick(stepMs);
    }
  }

  end(): void {
    mock.timers.reset();
    syncBuiltinESMExports();
    performance.now = this.#clock;
  }
}

/** Resolves when all that waits for no timer is done. */
async function idle(): Promise<void> {
  for (let turn = 0; turn < 2; turn += 1) await new Promise<void>((resolve) => void immediately(resolve));
}
