import type { Toxic, Toxiproxy } from '../support/toxiproxy.ts';
import type { Fault } from './fault.ts';

type Kind = readonly [type: Toxic['type'], attributes: Toxic['attributes'], effect: Record<Toxic['stream'], Fault['effect']>];

const both = (effect: Fault['effect']): Record<Toxic['stream'], Fault['effect']> => ({ upstream: effect, downstream: effect });

/** Rates are KB/s, times milliseconds, sizes bytes, the slicer's pause microseconds. */
const kinds: Readonly<Record<string, Kind>> = {
  latency: ['latency', { latency: 200, jitter: 100 }, both('none')],
  bandwidth: ['bandwidth', { rate: 1 }, both('some')],
  'slow close': ['slow_close', { delay: 1_000 }, both('none')],
  'black hole': ['timeout', { timeout: 0 }, both('outage')],
  timeout: ['timeout', { timeout: 200 }, both('outage')],
  'reset peer': ['reset_peer', { timeout: 0 }, both('outage')],
  slicer: ['slicer', { average_size: 64, size_variation: 32, delay: 10 }, both('none')],
  'limit data': ['limit_data', { bytes: 100 }, both('outage')],
};

/** Every toxic in both directions, and an upstream that is down. @param toxiproxy asked for when a fault is opened. */
export function toxicFaults(toxiproxy: () => Toxiproxy): Fault[] {
  const faultOf = (name: string, effect: Fault['effect'], toxic: Toxic | 'down'): Fault => ({
    name,
    effect,
    async open(upstream) {
      const proxy = await toxiproxy().open(upstream);
      return {
        url: `http://${proxy.address}`,
        begin: () => proxy.begin(toxic),
        heal: () => proxy.heal(),
        stop: () => Promise.resolve(),
      };
    },
  });
  const streams = ['upstream', 'downstream'] as const;
  const toxics = Object.entries(kinds).flatMap(([name, [type, attributes, effect]]) =>
    streams.map((stream) => faultOf(`${name} ${stream}`, effect[stream], { type, stream, attributes })),
  );
  return [...toxics, faultOf('down', 'outage', 'down')];
}
