import type { DeliveryStore } from '../../src/framework/deliveries/delivery-store.ts';
import { itAcceptsDeliveries } from './delivery-store-accept.ts';
import { itGivesClaims } from './delivery-store-claims.ts';
import { itCountsCrashes } from './delivery-store-crashes.ts';
import { itKeepsDecisions } from './delivery-store-decisions.ts';
import { itKnowsDuplicates } from './delivery-store-duplicates.ts';
import { itTellsEvents } from './delivery-store-events.ts';
import { itTakesTurns } from './delivery-store-inline.ts';
import { itLetsTheNewestWin } from './delivery-store-newest.ts';
import { itEndsDeliveries } from './delivery-store-outcomes.ts';
import { itKeepsHolds } from './delivery-store-holds.ts';
import { itListsDeliveries } from './delivery-store-reads.ts';
import { itPrunes } from './delivery-store-retention.ts';
import { itPostpones } from './delivery-store-waiting.ts';
import type { Advance, OpenDeliveryStore, OpenedDeliveryStore } from './delivery-store-use.ts';

/** What every store of deliveries does. @param open gives an empty store, or skips the test. */
export function describeDeliveryStore(name: string, open: OpenDeliveryStore): void {
  describe(`the delivery store: ${name}`, () => {
    let opened: OpenedDeliveryStore | undefined;
    beforeEach(async function () {
      opened = await open(this);
    });
    afterEach(async () => {
      if (opened?.close) await opened.close();
      else await opened?.store.close();
      opened = undefined;
    });
    const store = (): DeliveryStore => {
      if (opened === undefined) throw new Error('no store is open');
      return opened.store;
    };
    /** Skips the test where the store's clock cannot be set. */
    const advance: Advance = (test, ms) => {
      if (opened?.advance === undefined) test.skip();
      else opened.advance(ms);
    };

    itAcceptsDeliveries(store);
    itKnowsDuplicates(store, advance);
    itGivesClaims(store);
    itCountsCrashes(store);
    itPostpones(store, advance);
    itLetsTheNewestWin(store);
    itTakesTurns(store);
    itEndsDeliveries(store);
    itKeepsHolds(store);
    itKeepsDecisions(store);
    itListsDeliveries(store);
    itTellsEvents(store);
    itPrunes(store, advance);
  });
}
