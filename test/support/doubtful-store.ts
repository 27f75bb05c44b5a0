import { setTimeout as delay } from 'node:timers/promises';
import { type DeliveryStore, StoreUnavailableError } from '../../src/framework/deliveries/delivery-store.ts';
import type { OperationName } from '../../src/store/deliveries/operations.ts';

/** One call of a store that does not go as its caller is told, or not when. */
export interface Doubt {
  readonly operation: OperationName;
  /** Which call of that operation, from 1. */
  readonly call: number;
  /** Whether it is carried out. */
  readonly committed: boolean;
  /** For how long it, and every call after it, has no answer, milliseconds. */
  readonly hangsMs: number;
  /** Whether its caller is told that it failed. */
  readonly fails: boolean;
}

export interface DoubtfulStore {
  readonly store: DeliveryStore;
  /** How often each operation was called. */
  readonly calls: ReadonlyMap<OperationName, number>;
  /** The limits of the last claim. */
  readonly allowances: () => Readonly<Record<string, number>>;
}

/** A store of which one call goes wrong, in between the caller and the store. */
export function doubtfulStore(real: DeliveryStore, doubt?: Doubt): DoubtfulStore {
  const calls = new Map<OperationName, number>();
  let hangs: Promise<unknown> = Promise.resolve();
  let allowances: Readonly<Record<string, number>> = {};

  const carryOut = async (name: OperationName, perform: () => Promise<unknown>): Promise<unknown> => {
    const call = (calls.get(name) ?? 0) + 1;
    calls.set(name, call);
    const isDoubted = doubt?.operation === name && doubt.call === call;
    if (!isDoubted) {
      await hangs;
      return perform();
    }
    const result = doubt.committed ? await perform() : undefined;
    if (doubt.hangsMs > 0) {
      hangs = delay(doubt.hangsMs);
      await hangs;
    }
    if (doubt.fails) throw new StoreUnavailableError('nobody knows what became of it');
    return doubt.committed ? result : perform();
  };

  const store = new Proxy(real, {
    get(target, name: OperationName | 'close' | 'health') {
      const operation: unknown = target[name];
      if (typeof operation !== 'function' || name === 'close' || name === 'health') return operation;
      return (...args: unknown[]) => {
        if (name === 'claim') allowances = (args[0] as Parameters<DeliveryStore['claim']>[0]).upstreams;
        return carryOut(name, () => operation(...args) as Promise<unknown>);
      };
    },
  });
  return { store, calls, allowances: () => allowances };
}
