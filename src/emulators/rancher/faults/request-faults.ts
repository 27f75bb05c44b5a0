/** What happens to the next requests that match. */
export interface RequestFault {
  /** Any if not given. */
  readonly method?: string;
  /** Part of the path, or a regular expression between slashes; any path if not given. */
  readonly path?: string;
  /** Waits this long first, milliseconds of real time. */
  readonly latencyMs?: number;
  /** Answers this status with a Cattle error; without it and `drop` the request goes on. */
  readonly status?: number;
  /** Code of that error. */
  readonly code?: string;
  /** Cuts the connection without an answer. */
  readonly drop?: boolean;
  /** How many requests; default 1. 0 means every one until the faults are cleared. */
  readonly times?: number;
}

interface Active {
  readonly fault: RequestFault;
  readonly pattern: RegExp | undefined;
  left: number;
}

/** The request faults in force, oldest first; the first that matches is the one that happens. */
export class RequestFaults {
  #active: Active[] = [];

  /** @throws SyntaxError for a path that is no valid regular expression. */
  add(fault: RequestFault): void {
    const source = /^\/(.+)\/$/.exec(fault.path ?? '')?.[1];
    const pattern = source === undefined ? undefined : new RegExp(source, 'i');
    this.#active.push({ fault, pattern, left: fault.times === 0 ? Infinity : (fault.times ?? 1) });
  }

  clear(): void {
    this.#active = [];
  }

  list(): RequestFault[] {
    return this.#active.map(({ fault, left }) => ({ ...fault, times: left === Infinity ? 0 : left }));
  }

  /** The fault for a request, used up by one. */
  take(method: string, path: string): RequestFault | undefined {
    const found = this.#active.find(
      ({ fault, pattern }) =>
        (fault.method === undefined || fault.method.toUpperCase() === method) &&
        (pattern ? pattern.test(path) : path.toLowerCase().includes((fault.path ?? '').toLowerCase())),
    );
    if (!found) return undefined;
    found.left--;
    this.#active = this.#active.filter(({ left }) => left > 0);
    return found.fault;
  }
}
