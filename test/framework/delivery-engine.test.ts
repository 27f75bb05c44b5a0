import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import type { DeliveryStore } from '../../src/framework/deliveries/delivery-store.ts';
import { maxUnderWay } from '../../src/framework/deliveries/upstream-limits.ts';
import { followedMs } from '../../src/framework/deliveries/work-loop.ts';
import type { ActionContext, Driver } from '../../src/framework/driver.ts';
import { activeReceiver } from '../support/active-receiver.ts';
import { openDirectDeliveryStore } from '../support/direct-delivery-store.ts';
import { deliveryRequest } from '../support/run-driver.ts';
import { startEngine } from '../support/start-engine.ts';
import { testDriver } from '../support/test-drivers.ts';
import { VirtualTime } from '../support/virtual-time.ts';

const wanted = 4 * maxUnderWay;
const minute = 60_000;

describe('what is done at a time for one upstream', () => {
  let time: VirtualTime;
  let store: DeliveryStore;
  let begun: number;
  let ended: number;
  let most: number;

  beforeEach(() => {
    time = new VirtualTime();
    ({ store } = openDirectDeliveryStore());
    [begun, ended, most] = [0, 0, 0];
  });

  afterEach(async () => {
    time.end();
    await store.close();
  });

  /** Has many actions done, each of which takes so long, and looks at them meanwhile. @param look is given how to begin again. */
  function doMany(
    takesMs: number,
    act: (context: ActionContext) => void,
    look: (again: () => Promise<unknown>) => Promise<void>,
  ): Promise<void> {
    const driver: Driver = {
      ...testDriver('many', 'queued'),
      plan: () =>
        Promise.resolve({
          actions: Array.from({ length: wanted }, (_, index) => ({ target: `t${index}`, description: '', input: {} })),
        }),
      async execute(_action, context) {
        begun += 1;
        most = Math.max(most, begun - ended);
        act(context);
        await delay(takesMs);
        ended += 1;
        return { outcome: 'succeeded', message: '' };
      },
    };
    const run = async (): Promise<void> => {
      const receiver = activeReceiver('many');
      const engine = await startEngine({ drivers: [driver], receiver, store });
      const take = (): Promise<unknown> => engine.intake.take({ receiver, driver, request: deliveryRequest() });
      await take();
      await look(take);
      await engine.stop();
    };
    return time.run(run(), 10 * minute);
  }

  it('has an end, and the rest is done after it', async () => {
    await doMany(
      minute,
      () => undefined,
      async () => {
        await delay(minute - 5_000);
        expect([begun, ended]).to.deep.equal([maxUnderWay, 0]);
        await delay(4 * minute);
        expect(ended).to.equal(wanted);
      },
    );
  });

  it('goes on while what was done is only followed, if that takes long', async () => {
    const follow = (context: ActionContext): void => {
      context.following();
      context.following();
    };
    await doMany(minute, follow, async (again) => {
      for (const before of [0, wanted]) {
        await delay(followedMs - 1_000);
        expect(begun - before).to.equal(maxUnderWay);
        await delay(3 * followedMs + 2_000);
        expect([begun - before, ended - before]).to.deep.equal([wanted, 0]);
        await delay(2 * minute);
        expect(ended - before).to.equal(wanted);
        await again();
      }
    });
  });

  it('counts what was followed no longer once it has ended', async () => {
    await doMany(
      followedMs / 2,
      (context) => context.following(),
      async () => {
        await delay(followedMs / 2 - 1_000);
        expect(begun).to.equal(maxUnderWay);
        await delay(minute);
        expect(ended).to.equal(wanted);
        expect(most).to.equal(maxUnderWay);
      },
    );
  });
});
