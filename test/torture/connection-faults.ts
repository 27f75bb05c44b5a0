import dns from 'node:dns';
import { startHttpFaultProxy } from '../support/http-faults.ts';
import type { TestCertificates } from '../support/test-certificates.ts';
import type { Fault } from './fault.ts';

const resolvable = new Set<string>();
let count = 0;

/** A name that cannot be resolved for a while. `resolveFaultNames` has to be called before. */
export const dnsFault: Fault = {
  name: 'DNS failure',
  effect: 'outage',
  async open(upstream) {
    const name = `upstream-${++count}.fault.test`;
    resolvable.add(name);
    const proxy = await startHttpFaultProxy(upstream);
    return {
      url: `http://${name}:${proxy.address.split(':')[1]}`,
      requests: proxy.requests,
      async begin() {
        resolvable.delete(name);
        proxy.closeConnections();
      },
      async heal() {
        resolvable.add(name);
      },
      stop: () => proxy.stop(),
    };
  },
};

/** Has this process resolve the names of `dnsFault`. @returns a function that ends it. */
export function resolveFaultNames(): () => void {
  const original = dns.lookup;
  const pass = original as unknown as (...parameters: unknown[]) => void;
  dns.lookup = ((name: string, ...rest: unknown[]): void => {
    if (!name.endsWith('.fault.test')) return pass(name, ...rest);
    if (resolvable.has(name)) return pass('127.0.0.1', ...rest);
    const failed = Object.assign(new Error(`getaddrinfo ENOTFOUND ${name}`), { code: 'ENOTFOUND', syscall: 'getaddrinfo' });
    process.nextTick(rest.at(-1) as (error: Error) => void, failed);
  }) as typeof dns.lookup;
  return () => {
    dns.lookup = original;
  };
}

/**
 * TLS with a certificate that has to be refused, for a while. The process has to trust `good` and `expired`.
 * @param certificates asked for when a fault is opened.
 */
export function tlsFaults(certificates: () => TestCertificates): Fault[] {
  return (['expired', 'unknown'] as const).map((name) => ({
    name: `${name} certificate`,
    effect: 'outage',
    async open(upstream) {
      const { good, expired, [name]: bad } = certificates();
      const proxy = await startHttpFaultProxy(upstream, good);
      return {
        url: `https://${proxy.address}`,
        certificates: good.cert + expired.cert,
        requests: proxy.requests,
        begin: async () => proxy.useCertificate(bad),
        heal: async () => proxy.useCertificate(good),
        stop: () => proxy.stop(),
      };
    },
  }));
}
