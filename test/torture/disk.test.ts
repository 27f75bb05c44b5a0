import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { freePort } from '../support/free-port.ts';
import { PushLoad } from '../support/push-load.ts';
import { type Sent, sendRequest } from '../support/send-request.ts';
import { attachStrace, need } from '../support/strace.ts';
import { createReceivers, serviceSeed } from './upgrade-targets.ts';
import { openUpgradeWorld, pushOf, type UpgradeWorld } from './upgrade-world.ts';
import { skip } from '../support/skip.ts';

const targets = 4;

describe('a disk that fails', function () {
  this.timeout(180_000);

  it('has pushes refused that cannot be put on it, until they can', async function () {
    need(this, 'strace', ['-V']);
    await withWorld({}, async (world, queries, operations) => {
      const before = await pushes(world, queries, 50);
      const syncs = [
        '-e',
        'trace=fsync,fdatasync',
        '-e',
        'inject=fsync,fdatasync:error=EIO',
        '-o',
        path.join(world.folder, 'trace'),
      ];
      const heal = await attachStrace(world.program.process.pid, syncs);
      const inDoubt = await refused(world, queries, operations);
      await heal();
      await judgeHealed(world, queries, operations, before, inDoubt);
    });
  });

  it('has pushes refused while it is full, until there is room', async function () {
    const disk = fs.mkdtempSync(path.join(os.tmpdir(), 'disk-'));
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', disk]).status !== 0)
      skip(this, 'no file system can be mounted here');
    try {
      await withWorld({ folder: path.join(disk, 'data') }, async (world, queries, operations) => {
        const before = await pushes(world, queries, 50);
        const more = 'x'.repeat(100_000);
        for (let sent = 0, full = false; sent < 200 && !full; sent += 1) {
          const answer = await push(world, queries[sent % targets], { ...nextBody(), more });
          full = answer.status !== 200;
          if (!full) before.push(String(answer.headers['x-webhook-delivery']));
        }
        const inDoubt = await refused(world, queries, operations, more);
        execFileSync('mount', ['-o', 'remount,size=64m', disk]);
        await judgeHealed(world, queries, operations, before, inDoubt);
      });
    } finally {
      execFileSync('umount', ['-l', disk]);
    }
  });
});

async function withWorld(
  options: { folder?: string },
  run: (world: UpgradeWorld, queries: readonly string[], operations: string) => Promise<void>,
): Promise<void> {
  const listen = `127.0.0.1:${await freePort()}`;
  const world = await openUpgradeWorld({
    seed: serviceSeed(targets),
    environment: { WEBHOOK_OPERATIONS_LISTEN: listen },
    ...options,
  });
  try {
    await world.start();
    await run(world, await createReceivers(world.url, targets), `http://${listen}`);
  } finally {
    await world.stop();
  }
}

let number = 0;

function nextBody(): ReturnType<typeof pushOf> {
  number += 1;
  return pushOf(`t${number}`, 1_500_000_000 + number);
}

function push(world: UpgradeWorld, query: string | undefined, body: object): Promise<Sent> {
  return sendRequest(world.url, `/v1-webhooks/endpoint${query}`, { method: 'POST', body });
}

/** @returns the ids of so many accepted deliveries. */
async function pushes(world: UpgradeWorld, queries: readonly string[], count: number): Promise<string[]> {
  const load = new PushLoad({
    connections: 16,
    request: (at) => ({
      url: `${world.url}/v1-webhooks/endpoint${queries[at % targets]}`,
      body: nextBody(),
    }),
  });
  const { answers, acknowledged } = await load.run(count);
  expect(answers).to.deep.equal({ 200: count });
  return [...acknowledged];
}

/**
 * @returns sends the first push again that was refused. Whether that one was still written cannot be told when a disk fails; it is
 *   one delivery in either case. The store was closed by the time that the others came.
 */
async function refused(
  world: UpgradeWorld,
  queries: readonly string[],
  operations: string,
  more = '',
): Promise<() => Promise<Sent>> {
  const sends = [0, 1, 2, 3, 0, 1].map((target) => {
    const body = { ...nextBody(), more };
    return () => push(world, queries[target], body);
  });
  for (const send of sends) {
    const answer = await send();
    expect(answer.status, answer.text).to.equal(503);
    expect(Number(answer.headers['retry-after'])).to.be.greaterThan(0);
    expect(answer.headers).to.not.have.property('x-webhook-delivery');
  }
  expect((await sendRequest(operations, '/readyz')).status).to.equal(503);
  return sends[0] as () => Promise<Sent>;
}

/** Pushes are accepted again, and all that were accepted before are there and end. */
async function judgeHealed(
  world: UpgradeWorld,
  queries: readonly string[],
  operations: string,
  before: readonly string[],
  inDoubt: () => Promise<Sent>,
): Promise<void> {
  const deadline = performance.now() + 120_000;
  const accepted = [...before];
  for (let healed = false; !healed; await delay(50)) {
    const answer = await inDoubt();
    healed = answer.status === 200;
    if (healed) accepted.push(String(answer.headers['x-webhook-delivery']));
    expect(performance.now(), answer.text).to.be.below(deadline);
  }
  expect((await sendRequest(operations, '/readyz')).status).to.equal(200);
  accepted.push(...(await pushes(world, queries, 50)));
  const expected = new Set(accepted);
  for (;;) {
    const list = await sendRequest(world.url, '/v1-webhooks/deliveries?projectId=1a5&limit=1000');
    const found = list.json['data'] as { id: string; state: string }[];
    expect(found.map(({ id }) => id)).to.include.members(accepted);
    // Nothing that was refused is done later.
    expect(found.filter(({ id }) => !expected.has(id))).to.deep.equal([]);
    const states = new Set(found.map(({ state }) => state));
    if ([...states].every((state) => state === 'succeeded' || state === 'superseded')) return;
    expect(performance.now(), [...states].join()).to.be.below(deadline);
    await delay(100);
  }
}
