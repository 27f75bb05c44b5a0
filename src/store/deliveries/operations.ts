import type { DeliveryStore } from '../../framework/deliveries/delivery-store.ts';
import { accept } from './accept.ts';
import { cancel } from './cancel.ts';
import { claim } from './claim.ts';
import { decide } from './decisions.ts';
import { getTarget, hold, listTargets, releaseHold } from './holds.ts';
import { endAllLeases, release, renew } from './leases.ts';
import { judgePlan, recordPlan, replacePlannedAction } from './plans.ts';
import { prune } from './prune.ts';
import { events, get, getForReplay, list, recentReceivers } from './queries.ts';
import { claimInline } from './start-work.ts';
import type { Transaction } from './transaction.ts';
import { clearCrashes, end, postpone, recordProgress, recordStep, wake } from './work.ts';

export type OperationName = Exclude<keyof DeliveryStore, 'close' | 'health'>;

type Operation<Name extends OperationName> = (
  transaction: Transaction,
  ...parameters: Parameters<DeliveryStore[Name]>
) => ReturnType<DeliveryStore[Name]>;

/** What a store of deliveries does, each in one transaction: the same for every database. */
export const operations: { readonly [Name in OperationName]: Operation<Name> } = {
  accept,
  claim,
  claimInline,
  renew,
  release,
  endAllLeases,
  recordPlan,
  judgePlan,
  replacePlannedAction,
  recordStep,
  recordProgress,
  end,
  postpone,
  clearCrashes,
  wake,
  cancel,
  decide,
  hold,
  releaseHold,
  get,
  list,
  events,
  recentReceivers,
  getTarget,
  listTargets,
  getForReplay,
  prune,
};
