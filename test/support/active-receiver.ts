import type { Receiver } from '../../src/framework/receiver.ts';

/** A receiver of the project 1a5 that can be hit. */
export function activeReceiver(driver: string, more: Partial<Receiver> = {}): Receiver {
  return {
    id: '1go1',
    projectId: '1a5',
    key: 'k',
    name: 'r',
    state: 'active',
    removed: false,
    driver,
    config: {},
    url: '',
    paused: false,
    replacedBy: undefined,
    expiresAt: undefined,
    data: {},
    ...more,
  };
}
