/** Requests that go wrong on purpose. */
export interface RequestFault {
  readonly method?: string;
  /** A part of the path with its query. */
  readonly path?: string;
  /** The answer's status; 500 if absent. */
  readonly status?: number;
  /** The connection is cut instead. */
  readonly drop?: boolean;
  /** How many requests; 1 if absent. */
  readonly times?: number;
}

/** Things to go wrong on demand. */
export class EmulatorFaults {
  /** Added to every answer, milliseconds. */
  latencyMs = 0;
  #silent = false;
  #faults: { fault: RequestFault; left: number }[] = [];

  /** True while watches stay open and say nothing. */
  get watchesAreSilent(): boolean {
    return this.#silent;
  }

  silenceWatches(silent: boolean): void {
    this.#silent = silent;
  }

  failNext(fault: RequestFault): void {
    this.#faults.push({ fault, left: fault.times ?? 1 });
  }

  clear(): void {
    this.latencyMs = 0;
    this.#silent = false;
    this.#faults = [];
  }

  /** The fault that this request falls to, if any; it is used up. */
  take(method: string, url: string): RequestFault | undefined {
    const entry = this.#faults.find(({ fault }) => (fault.method ?? method) === method && url.includes(fault.path ?? ''));
    if (!entry) return undefined;
    entry.left -= 1;
    if (entry.left === 0) this.#faults = this.#faults.filter((other) => other !== entry);
    return entry.fault;
  }
}
