import type { SeenRequest } from '../support/http-faults.ts';

/** An upstream behind something that can go wrong. */
export interface FaultyUpstream {
  readonly url: string;
  /** What its clients have to trust, PEM. */
  readonly certificates?: string;
  /** What came by, where that is seen. */
  readonly requests?: readonly SeenRequest[];
  begin(): Promise<void>;
  heal(): Promise<void>;
  stop(): Promise<void>;
}

/** Something that can go wrong between the service and what it talks to, and what must come of it. */
export interface Fault {
  readonly name: string;
  /**
   * - `none`: calls go well, if slowly.
   * - `some`: it depends on the call.
   * - `outage`: no call goes well, and the same one may later.
   * - `refusal`: no call goes well, and the same one never will.
   */
  readonly effect: 'none' | 'some' | 'outage' | 'refusal';
  /** Drivers for which it is another effect. */
  readonly except?: Readonly<Record<string, Fault['effect']>>;
  /** The status of every faulty answer. */
  readonly status?: number;
  /** True where calls that change nothing go well. */
  readonly writesOnly?: boolean;
  /** For how long a client is asked to wait, milliseconds. */
  readonly retryAfterMs?: number;
  /** @param upstream `host:port` */
  open(upstream: string): Promise<FaultyUpstream>;
}
