import { setTimeout as delay } from 'node:timers/promises';
import type { ActionContext, ActionPause, ActionResult, Driver, PlannedAction } from '../../src/framework/driver.ts';
import { ServiceError } from '../../src/framework/errors.ts';
import { testDriver } from './test-drivers.ts';

/** What the drivers have done to their targets, and what must never happen. */
export class DoneWork {
  /** Target → what was written to it, in order. */
  readonly writes = new Map<string, string[]>();
  /** How far the inline driver has counted. */
  count = 0;
  readonly faults: string[] = [];
  /** What may happen only where a lease ended meanwhile. */
  readonly doneAgain: string[] = [];
  /** Actions that follow something until they are told to stop. */
  following = 0;
  /** How many targets are followed until then, and no further. */
  mayFollow = true;
  readonly #written = new Set<string>();
  readonly #busy = new Set<string>();
  readonly #ended = new Set<string>();
  readonly #failed = new Set<string>();

  /** @throws ServiceError at the first attempt. */
  failOnce(name: string): void {
    if (this.#failed.has(name)) return;
    this.#failed.add(name);
    throw new ServiceError('Unavailable', 'the target is away', { retryAfterSeconds: 2 });
  }

  /** Of what has come to its end nothing is left to do. */
  end(delivery: string): void {
    if (this.#ended.has(delivery)) this.doneAgain.push(`${delivery} is done again`);
    this.#ended.add(delivery);
  }

  async write(target: string, tag: string, context: ActionContext): Promise<void> {
    const { delivery, resumed = false } = context;
    if (this.#busy.has(target)) this.faults.push(`two write to ${target}`);
    this.#busy.add(target);
    try {
      await context.beforeWrite(`write ${tag}`);
      const written = `${delivery.id} ${target} ${tag}`;
      if (this.#written.has(written) && !resumed) this.faults.push(`${written} is written twice`);
      this.#written.add(written);
      this.writes.set(target, [...(this.writes.get(target) ?? []), tag]);
    } finally {
      this.#busy.delete(target);
    }
  }
}

/** What a push asks for: `KIND TARGET TAG`. */
export type PushKind = 'plain' | 'slow' | 'flaky' | 'manual' | 'long';

/** A queued driver whose pushes do what their kind says. */
export function queuedDriver(done: DoneWork): Driver {
  return {
    ...testDriver('queued', 'queued'),
    accept({ body }) {
      const [kind = '', repository = '', tag = ''] = body.toString().split(' ');
      if (kind === 'nothing') return { kind: 'ignored', reason: 'nothing to do' };
      return { kind: 'accepted', events: [{ registry: 'r', repository: `${kind}/${repository}`, tag, image: repository }] };
    },
    plan({ request }) {
      const [kind = '', target = '', tag = ''] = request.body.toString().split(' ');
      const streams = kind === 'manual' ? [target] : [];
      const action = { target, description: `${kind} ${tag}`, input: { kind, tag }, streams, images: [`${target}:${tag}`] };
      return Promise.resolve({ actions: [{ ...action, ...(kind === 'manual' && { takesBack: true }) }] });
    },
    replan: (action) => Promise.resolve({ action: { ...action, description: 'planned anew' } }),
    execute: (action, context) => executeQueued(done, action, context),
  };
}

async function executeQueued(done: DoneWork, action: PlannedAction, context: ActionContext): Promise<ActionResult | ActionPause> {
  const result = await executeKind(done, action, context);
  if (result.outcome !== 'waiting') done.end(context.delivery.id);
  return result;
}

async function executeKind(
  done: DoneWork,
  { target, input }: PlannedAction,
  context: ActionContext,
): Promise<ActionResult | ActionPause> {
  const tag = String(input['tag']);
  if (input['kind'] === 'flaky') done.failOnce(target);
  if (input['kind'] === 'manual' && context.decision === undefined) {
    if (context.resumed !== true) await done.write(target, 'second', context);
    return { outcome: 'waiting', message: 'is it good?', until: Date.now() + 60_000, awaits: ['promote', 'abort'] };
  }
  if (context.decision?.name === 'abort') return { outcome: 'cancelled', message: 'aborted' };
  await done.write(target, tag, context);
  context.progress('written');
  if (input['kind'] === 'slow') await delay(2_000);
  if (input['kind'] === 'long' && done.mayFollow) {
    done.following += 1;
    await new Promise<never>((_resolve, reject) => {
      context.signal.addEventListener('abort', () => reject(context.signal.reason as Error));
    }).finally(() => (done.following -= 1));
  }
  return { outcome: 'succeeded', message: `runs ${tag}` };
}

/** An inline driver that counts one further. */
export function inlineDriver(done: DoneWork): Driver {
  return {
    ...testDriver('inline', 'inline'),
    exclusive: () => 'counter',
    plan: () => Promise.resolve({ actions: [{ target: 'counter', description: 'count', input: { to: done.count + 1 } }] }),
    async execute({ input }, context) {
      await context.beforeWrite('count');
      done.count = Number(input['to']);
      await Promise.resolve();
      return { outcome: 'succeeded', message: `counted to ${done.count}` };
    },
  };
}
