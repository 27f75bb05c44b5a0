import { expect } from 'chai';
import { maxUnderWay } from '../../src/framework/deliveries/upstream-limits.ts';
import type { ActionContext, Driver } from '../../src/framework/driver.ts';
import { activeReceiver } from '../support/active-receiver.ts';
import { deliveryRequest } from '../support/run-driver.ts';
import { startEngine } from '../support/start-engine.ts';
import { testDriver } from '../support/test-drivers.ts';
import { until } from '../support/until.ts';

const wanted = maxUnderWay + 72;

describe('what is done at a time for one upstream', () => {
  let begun: number;
  let engine: Awaited<ReturnType<typeof startEngine>>;
  let finish: () => void;
  let done: boolean;
  const other: Driver = {
    ...testDriver('other', 'queued'),
    upstream: () => 'another',
    execute() {
      done = true;
      return Promise.resolve({ outcome: 'succeeded', message: '' });
    },
  };

  /** Begins as many actions as it can, none of which ends before `finish`. */
  async function begin(act: (context: ActionContext) => void): Promise<void> {
    begun = 0;
    done = false;
    const { promise, resolve } = Promise.withResolvers<void>();
    finish = resolve;
    const driver: Driver = {
      ...testDriver('many', 'queued'),
      plan: () =>
        Promise.resolve({
          actions: Array.from({ length: wanted }, (_, index) => ({ target: `t${index}`, description: '', input: {} })),
        }),
      async execute(_action, context) {
        begun += 1;
        act(context);
        await promise;
        return { outcome: 'succeeded', message: '' };
      },
    };
    const receiver = activeReceiver('many');
    engine = await startEngine({ drivers: [driver, other], receiver });
    await engine.intake.take({ receiver, driver, request: deliveryRequest() });
  }

  afterEach(async () => {
    finish();
    await engine.stop();
  });

  it('has an end, and the rest is done after it', async () => {
    await begin(() => undefined);
    await until(() => begun === maxUnderWay);
    // What came later, for another upstream, is not claimed before.
    await engine.intake.take({ receiver: activeReceiver('other'), driver: other, request: deliveryRequest() });
    await until(() => done);
    expect(begun).to.equal(maxUnderWay);
    finish();
    await until(() => begun === wanted);
  });

  it('goes on while what was done is only followed', async () => {
    await begin((context) => {
      context.following();
      context.following();
    });
    await until(() => begun === wanted);
  });
});
