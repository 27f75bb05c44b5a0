import * as fc from 'fast-check';
import type { EndState } from '../../src/framework/deliveries/delivery-record.ts';
import type { PlannedAction } from '../../src/framework/driver.ts';
import { DeliveryStoreModel, type Holder } from '../support/delivery-store-model.ts';
import { openDirectDeliveryStore } from '../support/direct-delivery-store.ts';
import { newDelivery } from '../support/new-delivery.ts';

/** How many runs; more of them find more. */
const numRuns = Number(process.env['MODEL_RUNS'] ?? 150);

const few = fc.nat({ max: 2 });
const owner = fc.constantFrom('a', 'b', 'c');
const leaseMs = fc.constantFrom(10, 1_000);
const pick = fc.nat({ max: 50 });
const end: fc.Arbitrary<EndState> = fc.constantFrom('succeeded', 'failed', 'rolledBack', 'cancelled', 'dead', 'ignored');
const streams = fc.uniqueArray(fc.constantFrom('web', 'log', 'db'), { maxLength: 3 });
const action: fc.Arbitrary<PlannedAction> = fc
  .record({
    target: fc.constantFrom('t', 'u', 'v'),
    streams,
    images: fc.subarray(['i', 'j']),
    rank: fc.constantFrom('1', '2', undefined),
  })
  .map(({ rank, ...rest }) => ({ ...rest, description: 'd', input: {}, ...(rank !== undefined && { rank }) }));
const pushedAt = fc.option(fc.nat({ max: 4 }), { nil: undefined });

type Command = (model: DeliveryStoreModel) => Promise<void>;

function onHolder(index: number, act: (model: DeliveryStoreModel, holder: Holder) => Promise<void>): Command {
  return async (model) => {
    // Old ones, which have lost their lanes, are tried too, but not mostly.
    const holder = model.holders.at(index < 10 ? -1 - index : index % Math.max(1, model.holders.length));
    if (holder !== undefined) await act(model, holder);
  };
}

/** A command that a failed run shows with what was drawn for it. */
function commandOf<T>(name: string, drawn: fc.Arbitrary<T>, make: (given: T) => Command): fc.Arbitrary<Command> {
  return drawn.map((given) => Object.assign(make(given), { [fc.toStringMethod]: () => `${name} ${JSON.stringify(given)}` }));
}

const acceptable = fc
  .record({ receiver: few, tags: fc.uniqueArray(few, { maxLength: 2 }), pushedAt, identity: fc.option(few), owner, leaseMs })
  .chain((given) =>
    fc
      .record({ kind: fc.constantFrom('queued', 'queued', 'queued', 'inline', 'ignored'), lane: fc.option(few) } as const)
      .map((more) => ({ ...given, ...more })),
  );

const accept = commandOf('accept', acceptable, (given) => async (model) => {
  const { tags, receiver, kind, lane, identity } = given;
  const accepted = await model.store.accept(
    newDelivery({
      receiver: { id: `r${receiver}`, name: `r${receiver}`, key: `key ${receiver}` },
      events: tags.map((tag) => ({
        registry: 'docker.io',
        repository: 'acme/web',
        tag: `${tag}`,
        image: 'acme/web',
        ...(given.pushedAt !== undefined && { pushedAt: given.pushedAt }),
      })),
      receivedAt: model.now,
      kind,
      ...(lane !== null && { lane: `${lane}` }),
      identities: identity === null ? [] : [`${identity}`],
      owner: given.owner,
      leaseMs: given.leaseMs,
    }),
  );
  if (!accepted.duplicate) model.accepted.push(accepted.id);
  if (accepted.claim) model.taken(accepted.claim);
});

const claimRequest = fc.record({
  owner,
  leaseMs,
  limit: fc.integer({ min: 1, max: 4 }),
  crashes: fc.constantFrom<0 | 1 | 2>(0, 1, 2),
});
const postponement = fc.tuple(pick, fc.nat({ max: 2_000 }), fc.boolean(), fc.option(fc.nat({ max: 2_000 })));

const commands: fc.Arbitrary<Command>[] = [
  accept,
  accept,
  commandOf('claim', claimRequest, (request) => async (model) => void (await model.claim(request))),
  commandOf('claimEverything', fc.tuple(owner, leaseMs), (given) => (model) => model.claimEverything(...given)),
  commandOf('claimInline', fc.tuple(pick, owner, leaseMs), ([index, who, lease]) => async (model) => {
    const id = model.accepted[index % Math.max(1, model.accepted.length)];
    const claim = id === undefined ? undefined : await model.store.claimInline(id, who, lease).catch(() => undefined);
    if (claim !== undefined) model.taken(claim);
  }),
  commandOf('recordPlan', fc.tuple(pick, fc.array(action, { maxLength: 3 })), ([index, actions]) =>
    onHolder(index, async (model, holder) => {
      if (holder.claim.kind === 'action' || holder.works.length > 0) return;
      const works = await model.write(holder, () => model.store.recordPlan(holder.claim, { actions, skipped: [] }));
      if (works === undefined) return;
      if (holder.claim.kind === 'plan' || works.length === 0) model.freed(holder);
      else holder.works.push(...works);
    }),
  ),
  commandOf('recordStep', fc.tuple(pick, fc.constantFrom('one', 'two')), ([index, step]) =>
    onHolder(index, async (model, holder) => {
      const work = holder.works[0];
      if (work === undefined) return;
      await model.write(holder, () => model.store.recordStep(holder.claim, work.id, step));
      model.prolonged(holder);
    }),
  ),
  commandOf('end', fc.tuple(pick, end, fc.boolean()), ([index, state, held]) =>
    onHolder(index, async (model, holder) => {
      const work = holder.works.shift();
      const ending = { state, message: '', ...(held && work && { hold: { images: ['i'], reason: 'it broke' } }) };
      await model.write(holder, () => model.store.end(holder.claim, work?.id, ending));
      if (work !== undefined && holder.claim.kind === 'inline') return;
      model.freed(holder);
    }),
  ),
  commandOf('postpone', postponement, ([index, delay, counts, patience]) =>
    onHolder(index, async (model, holder) => {
      if (holder.claim.kind === 'inline') return;
      const notBefore = patience === null ? {} : { notBefore: model.now + patience };
      const later = { message: 'later', readyAt: model.now + delay, counts, ...notBefore };
      await model.write(holder, () => model.store.postpone(holder.claim, later));
      model.freed(holder);
    }),
  ),
  commandOf('advance', fc.nat({ max: 1_500 }), (ms) => (model) => {
    model.now += ms;
    return Promise.resolve();
  }),
  commandOf('renew', fc.tuple(owner, leaseMs, pick, fc.boolean()), (given) => (model) => model.renew(...given)),
  commandOf('release', fc.option(owner, { nil: undefined, freq: 3 }), (who) => (model) => model.release(who)),
  commandOf('cancel', pick, (index) => async (model) => {
    const id = model.accepted[index % Math.max(1, model.accepted.length)];
    if (id !== undefined) await model.store.cancel('1a5', id, 'somebody');
  }),
  commandOf(
    'wake',
    pick,
    (index) => (model) =>
      model.store.wake(index % 2 ? { upstream: 'rancher' } : { projectId: '1a5', receiverId: `r${index % 3}` }),
  ),
  commandOf('hold', fc.tuple(pick, fc.constantFrom('', 'i', 'j'), fc.boolean()), ([index, image, ends]) => async (model) => {
    const targets = await model.store.listTargets('1a5');
    const target = targets[index % Math.max(1, targets.length)];
    if (target === undefined) return;
    if (ends) await model.store.releaseHold('1a5', target.id);
    else await model.store.hold('1a5', target.id, { image, reason: 'r', heldBy: 'somebody' });
  }),
  commandOf(
    'clearCrashes',
    pick,
    (index) => (model) => model.store.clearCrashes(model.holders.slice(index % 3).map(({ claim }) => claim)),
  ),
];

describe('any order of what several processes do to the delivery store', () => {
  it('loses nothing, leaves nothing stuck, and has one holder of a lane at a time', async () => {
    const property = fc.asyncProperty(fc.array(fc.oneof(...commands), { maxLength: 80, size: 'max' }), async (run) => {
      const model = new DeliveryStoreModel(openDirectDeliveryStore);
      for (const command of run) {
        await command(model);
        await model.check();
      }
      await model.finish();
      await model.store.close();
    });
    await fc.assert(property, { numRuns });
  }).timeout(600_000);
});
