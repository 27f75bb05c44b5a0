import zlib from 'node:zlib';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setInterval } from 'node:timers/promises';
import { expect } from 'chai';
import { type FakeRancherServer, serviceKey, startFakeRancher } from '../support/fake-rancher-server.ts';
import { connectRaw, peakMemory, type RawConnection, sendHuge } from '../support/hostile-client.ts';
import { testKey } from '../support/keys.ts';
import { processorWait } from '../support/processor-wait.ts';
import { type Program, startWebhookService } from '../support/program.ts';
import { type SendOptions, type Sent, sendRequest } from '../support/send-request.ts';

const gigabyte = 1024 ** 3;
const megabyte = 1024 ** 2;
const key = 'K'.repeat(40);
const endpoint = `/v1-webhooks/endpoint?key=${key}&projectId=1a5`;
const receivers = '/v1-webhooks/receivers?projectId=1a5';
const json = { 'Content-Type': 'application/json' };

describe('hostile senders', () => {
  let rancher: FakeRancherServer;
  let service: Program;
  let atStart: number | undefined;
  let url: string;
  let directory: string;

  before(async () => {
    directory = fs.mkdtempSync(path.join(os.tmpdir(), 'hostile-'));
    rancher = await startFakeRancher();
    rancher.put({
      key,
      name: 'wh',
      resourceData: {
        driver: 'serviceUpgrade',
        config: { serviceSelector: { a: 'b' }, tag: 'x', batchSize: 1, intervalMillis: 2 },
      },
    });
    service = startWebhookService(['serve'], {
      CATTLE_URL: rancher.url,
      CATTLE_ACCESS_KEY: serviceKey.accessKey,
      CATTLE_SECRET_KEY: serviceKey.secretKey,
      RSA_PRIVATE_KEY_CONTENTS: testKey().privatePem,
      WEBHOOK_AUTH: 'none',
      WEBHOOK_LISTEN: '127.0.0.1:0',
      WEBHOOK_DATA_DIR: directory,
    });
    [, url = ''] = await service.says(/"message":"listening","url":"([^"]+)"/);
    // Some parts of the program are loaded by the first request, and by the first push.
    await send('/v1-webhooks/schemas');
    const push = { push_data: { tag: 'other' }, repository: { repo_name: 'acme/web' } };
    expect((await send(endpoint, { method: 'POST', body: push, headers: json })).status).to.equal(200);
    atStart = peakMemory(service.process.pid ?? 0);
  });
  after(async () => {
    await service.stop();
    await rancher.stop();
    fs.rmSync(directory, { recursive: true, force: true });
  });
  afterEach(async () => {
    expect((await send('/v1-webhooks/schemas')).status, 'it goes on').to.equal(200);
    const peak = peakMemory(service.process.pid ?? 0);
    // The sources take more memory than the compiled program: what counts is what a sender can make of it.
    if (peak !== undefined && atStart !== undefined) expect((peak - atStart) / megabyte, 'growth, MiB').to.be.below(90);
  });

  const send = (target: string, options?: SendOptions): Promise<Sent> => sendRequest(url, target, options);
  const head = (target: string, ...headers: string[]): string =>
    [`POST ${target} HTTP/1.1`, 'Host: a', ...headers, '', ''].join('\r\n');

  for (const target of [endpoint, receivers, '/v1-webhooks/endpoint', '/v1-webhooks/nonsense']) {
    it(`cannot make it read 1 GB on ${target.split('?')[0]}, said or in chunks`, async function () {
      this.timeout(180_000);
      const type = target === receivers ? ['Content-Type: application/json'] : [];
      const expected = { [endpoint]: '413', [receivers]: '413', '/v1-webhooks/endpoint': '400', '/v1-webhooks/nonsense': '404' }[
        target
      ];
      for (const chunked of [false, true]) {
        const length = chunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${gigabyte}`;
        const line = await sendHuge(url, head(target, length, ...type), gigabyte, chunked);
        // The answer may be lost where the sender still writes as the connection is closed.
        if (line !== '') expect(line).to.include(` ${expected} `);
      }
    });
  }

  it('get 413 and a closed connection for one byte too many', async () => {
    for (const [target, limit, headers] of [
      [endpoint, megabyte, {}],
      [receivers, megabyte, json],
      [endpoint, 64 * 1024, { 'Content-Type': 'application/x-www-form-urlencoded' }],
    ] as const) {
      for (const chunked of [false, true]) {
        const answer = await send(target, { method: 'POST', body: Buffer.alloc(limit + 1, ' '), headers, chunked });
        expect([answer.status, answer.headers.connection]).to.deep.equal([413, 'close']);
        expect(answer.json['message']).to.equal(`The body is larger than ${limit} bytes`);
      }
    }
  });

  it('may send as much as is allowed', async () => {
    const { status, json: error } = await send(receivers, { method: 'POST', body: Buffer.alloc(megabyte, ' '), headers: json });
    expect([status, error['message']]).to.deep.equal([400, 'Bad request body: unexpected end of JSON input']);
  });

  for (const depth of [65, 100_000, 500_000]) {
    it(`get 400 for ${depth} nested lists`, async () => {
      for (const [target, prefix] of [
        [receivers, 'Bad request body: '],
        [endpoint, 'Error Error unmarshalling request body in Execute handler: '],
      ] as const) {
        for (const body of ['['.repeat(depth) + ']'.repeat(depth), '['.repeat(depth), '{"a":'.repeat(depth / 5)]) {
          const { status, json: error } = await send(target, { method: 'POST', body, headers: json });
          expect(status).to.equal(400);
          if (depth > 1_000) expect(error['message']).to.match(new RegExp(`^${prefix}exceeded max depth`));
        }
      }
    });
  }

  it('get 415 for anything that is compressed', async () => {
    const bomb = zlib.gzipSync(Buffer.alloc(100 * megabyte, '['));
    for (const coding of ['gzip', 'GZIP', 'br', 'zstd', 'deflate', 'gzip, gzip', 'x']) {
      for (const target of [endpoint, receivers]) {
        const { status } = await send(target, { method: 'POST', body: bomb, headers: { ...json, 'Content-Encoding': coding } });
        expect(status, `${coding} ${target}`).to.equal(415);
      }
    }
  });

  it('get 431 for huge headers and a huge URL', async () => {
    const half = `X: ${'x'.repeat(9_000)}`;
    for (const text of [`X: ${'x'.repeat(17_000)}`, `${half}\r\n${half}`]) {
      const connection = await connectRaw(url, head(endpoint, text, 'Content-Length: 0'));
      await connection.closed;
      expect(connection.answer()).to.match(/^HTTP\/1\.1 431 /);
    }
    const long = await connectRaw(url, head(`/v1-webhooks/endpoint?token=${'x'.repeat(20_000)}`));
    await long.closed;
    expect(long.answer()).to.match(/^HTTP\/1\.1 (431|414) /);
  });

  it('smuggle nothing past a proxy', async () => {
    for (const headers of [
      ['Content-Length: 5', 'Transfer-Encoding: chunked'],
      ['Content-Length: 5', 'Content-Length: 6'],
      ['Transfer-Encoding: chunked', 'Transfer-Encoding: identity'],
      ['Transfer-Encoding: xchunked'],
      ['Content-Length: +5'],
      ['Content-Length: 5 5'],
      ['Transfer-Encoding : chunked'],
    ]) {
      const connection = await connectRaw(
        url,
        `${head('/v1-webhooks/endpoint', ...headers)}0\r\n\r\nGET /v1-webhooks/schemas HTTP/1.1\r\nHost: a\r\n\r\n`,
      );
      connection.socket.end();
      await connection.closed;
      expect(connection.answer(), headers.join())
        .to.match(/^HTTP\/1\.1 4\d\d /)
        .and.not.include('resourceFields');
    }
  });

  it('pollute nothing by __proto__ and constructor', async () => {
    const dirty =
      '{"__proto__":{"x":1,"mayWrite":true},"constructor":{"prototype":{"x":1}},"name":"__proto__","driver":"scaleService","scaleServiceConfig":{"__proto__":{"action":"up"}}}';
    for (const [method, target, headers] of [
      ['POST', receivers, json],
      ['PUT', '/v1-webhooks/receivers/1go1?projectId=1a5', json],
      ['POST', `${endpoint}&__proto__[x]=1&constructor[prototype][x]=1`, { __proto__: 'x', constructor: 'y', ...json }],
      ['POST', '/v1-webhooks/endpoint', { 'Content-Type': 'application/x-www-form-urlencoded' }],
      ['POST', '/v1-webhooks/receivers/1go1?action=__proto__&projectId=__proto__', json],
      ['GET', '/v1-webhooks/schemas/__proto__', {}],
      ['GET', '/v1-webhooks/receivers/__proto__?projectId=1a5', {}],
      ['GET', '/v1-webhooks/receivers?projectId=constructor&_format=__proto__', {}],
    ] as const) {
      const { status, text } = await send(target, { method, body: dirty, headers });
      expect(status, target).to.be.below(501).and.not.equal(0);
      expect(text).not.to.include('Internal error');
    }
    const { json: schemas } = await send('/v1-webhooks/schemas/__proto__');
    expect(schemas).to.have.keys('actions', 'links');
    expect(
      (await send(receivers, { method: 'POST', body: '{"name":"a","driver":"scaleService"}', headers: json })).json['message'],
    ).to.equal('Scale action not provided');
  });

  it('that are slow are closed within 15 s, while others are answered', async function () {
    this.timeout(180_000);
    const slow: RawConnection[] = [];
    for (let index = 0; index < 100; index += 1) {
      slow.push(await connectRaw(url, 'POST /v1-webhooks/endpoint HTTP/1.1\r\nHost: a\r\nX-Slow: '));
      slow.push(await connectRaw(url, `${head(endpoint, 'Content-Length: 1000')}{`));
      slow.push(await connectRaw(url, head(receivers, 'Content-Type: application/json', 'Transfer-Encoding: chunked')));
      slow.push(await connectRaw(url));
    }
    const times: number[] = [];
    const others = (): number => processorWait(process.pid) + processorWait(service.process.pid ?? 0);
    for await (const _tick of setInterval(20)) {
      if (slow.every(({ socket }) => socket.closed)) break;
      const start = performance.now() - others();
      expect((await send('/v1-webhooks/schemas')).status).to.equal(200);
      times.push(performance.now() - others() - start);
      for (const [index, { socket }] of slow.entries()) if (index % 4 < 2 && socket.writable) socket.write('x');
    }
    for (const [index, { closed }] of slow.entries()) expect(await closed, `sender ${index % 4}`).to.be.below(15_000);
    times.sort((a, b) => a - b);
    expect(times[Math.floor(times.length * 0.99)], 'p99 of good senders, ms').to.be.below(100);
  });

  it('that hold 2,000 connections lose them, and everyone is served again', async function () {
    this.timeout(180_000);
    const held = await Promise.all(
      Array.from({ length: 2_000 }, () => connectRaw(url, 'POST /v1-webhooks/endpoint HTTP/1.1\r\nHost: a\r\n')),
    );
    const open = await Promise.all(held.map(({ closed }) => closed));
    expect(Math.max(...open)).to.be.below(15_000);
  });

  it('leave nothing of a credential in the log', () => {
    expect(service.output())
      .not.to.include(key)
      .and.not.include(serviceKey.secretKey + '"')
      .and.not.include('nobody foresaw');
  });
});
