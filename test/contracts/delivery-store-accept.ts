import crypto from 'node:crypto';
import { expect } from 'chai';
import {
  claimAll,
  claimOne,
  deliveryOf,
  hour,
  minute,
  push,
  read,
  states,
  succeed,
  type UseStore,
} from './delivery-store-use.ts';

const hostileTexts = {
  quotes: `'; DROP TABLE deliveries; -- " \` \\ $1 ?1 %s`,
  controls: '\u0001\u0007\u001b[31m\r\n\t\u0085\u2028',
  unicode: '日本語 \u{1f433} e\u0301 \u202e\ufeff',
  long: 'x'.repeat(100_000),
};

/** PostgreSQL knows no NUL in a text. */
function withoutNul(text: string): string {
  return text.replaceAll('\0', '\u2400');
}

export function itAcceptsDeliveries(store: UseStore): void {
  describe('a delivery that is accepted', () => {
    it('is kept as it came', async () => {
      const body = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
      const request = { headers: { 'content-type': 'text/plain', accept: '*/*' }, query: 'a=%00&b=1', body };
      const given = deliveryOf({ request, config: { deep: [{ a: null, b: 1.5, c: true }] }, pushedAt: 1_700_000_000_123 });
      const { id, duplicate } = await store().accept(given);
      expect(id).to.match(/^1wd[1-9]\d*$/);
      expect(duplicate).to.equal(false);
      const { projectId, receiver, driver, receivedAt, events } = given;
      expect(await store().get('1a5', id)).to.deep.equal({
        id,
        projectId,
        receiver,
        driver,
        receivedAt,
        events,
        request,
        state: 'queued',
        message: '',
        duplicates: 0,
        skipped: [],
        actions: [],
      });
      const { delivery } = await claimOne(store());
      expect(delivery).to.deep.equal({ id, projectId, receiver, driver, config: given.config, request, events, receivedAt });
    });

    it('keeps a megabyte byte by byte', async () => {
      const body = crypto.randomBytes(2 ** 20);
      const id = await push(store(), { request: { headers: {}, query: '', body } });
      expect((await read(store(), id)).request.body.equals(body)).to.equal(true);
      expect((await claimOne(store())).delivery.request.body.equals(body)).to.equal(true);
      expect((await store().getForReplay('1a5', id))?.request.body.equals(body)).to.equal(true);
    });

    it('keeps an empty body', async () => {
      const id = await push(store(), { request: { headers: {}, query: '', body: Buffer.alloc(0) } });
      expect((await read(store(), id)).request.body).to.deep.equal(Buffer.alloc(0));
    });

    for (const [name, text] of Object.entries({ ...hostileTexts, NUL: 'a\0b\0', 'a lone surrogate': 'a\ud800b' })) {
      it(`keeps ${name} in texts`, async () => {
        const headers = { 'x-text': text };
        const given = deliveryOf({
          receiver: text,
          repository: text,
          tag: text,
          config: { [text]: text },
          request: { headers, query: text, body: Buffer.from(text) },
        });
        const { id } = await store().accept(given);
        const expected = (value: string): string => withoutNul(value).toWellFormed();
        const { receiver, request, events, state } = await read(store(), id);
        expect(state).to.equal('queued');
        expect(receiver.name.toWellFormed()).to.equal(expected(given.receiver.name));
        expect(request.query.toWellFormed()).to.equal(expected(text));
        expect(request.headers).to.deep.equal(headers);
        expect(events).to.deep.equal(given.events);
        const claim = await claimOne(store());
        expect(claim.delivery.config).to.deep.equal({ [text]: text });
        const input = { text, list: [text] };
        const action = { target: `target ${text}`.slice(0, 500), description: text, input, images: [text], streams: [text] };
        const [work] = await store().recordPlan(claim, { actions: [action], skipped: [{ target: 'other', reason: text }] });
        expect(work?.action).to.deep.equal(action);
        const doing = await claimOne(store());
        expect(doing.actions[0]?.action).to.deep.equal(action);
        await store().recordStep(doing, work?.id ?? '', text);
        await store().recordProgress(doing, work?.id, text);
        await store().end(doing, work?.id, { state: 'failed', message: text, hold: { images: [text], reason: text } });
        const record = await read(store(), id);
        expect(record.state).to.equal('failed');
        expect(record.message.toWellFormed()).to.equal(expected(text));
        expect(record.skipped).to.deep.equal([{ target: 'other', reason: text }]);
        expect(record.actions[0]).to.deep.include(action);
      });
    }

    it('keeps keys that mean something to JavaScript', async () => {
      const odd = JSON.parse('{"__proto__": {"polluted": "yes"}, "constructor": "c", "toString": "t"}') as Record<string, string>;
      const given = deliveryOf({ config: odd, request: { headers: odd, query: '', body: Buffer.from('{}') } });
      const { id } = await store().accept(given);
      const { delivery } = await claimOne(store());
      expect(JSON.stringify(delivery.config)).to.equal(JSON.stringify(odd));
      expect(JSON.stringify((await read(store(), id)).request.headers)).to.equal(JSON.stringify(odd));
      expect(({} as Record<string, unknown>)['polluted']).to.equal(undefined);
    });

    it('gets a greater id than all before it', async () => {
      const ids = await Promise.all(Array.from({ length: 30 }, (_, index) => push(store(), { receiver: `r${index}` })));
      const numbers = ids.map((id) => Number(id.slice(3)));
      expect(new Set(numbers).size).to.equal(30);
      const next = Number((await push(store())).slice(3));
      expect(next).to.be.greaterThan(Math.max(...numbers));
    });

    for (const kind of ['ignored', 'rejected'] as const) {
      it(`has ended if it was ${kind}`, async () => {
        const id = await push(store(), { kind, message: 'because of this' });
        const record = await read(store(), id);
        expect(record).to.include({ state: kind, message: 'because of this' });
        expect(record.endedAt).to.be.within(record.receivedAt - minute, record.receivedAt + minute);
        expect(await claimAll(store())).to.deep.equal([]);
      });
    }

    it('is one of at most 100 rejected ones of its receiver', async () => {
      const other = await push(store(), { kind: 'rejected', receiver: 'other' });
      const ignored = await push(store(), { kind: 'ignored' });
      const ids: string[] = [];
      for (let index = 0; index < 103; index++) ids.push(await push(store(), { kind: 'rejected', message: `${index}` }));
      const listed = await store().list({
        projectId: '1a5',
        receiverId: '1go-web',
        states: ['rejected'],
        limit: 500,
        order: 'asc',
      });
      expect(listed.map(({ id }) => id)).to.deep.equal(ids.slice(3));
      expect(await states(store(), other, ignored)).to.deep.equal(['rejected', 'ignored']);
      const events = await store().events({ projectId: '1a5', after: 0, limit: 1_000 });
      expect(events.some(({ deliveryId }) => deliveryId === ids[0])).to.equal(false);
      await push(store(), { kind: 'queued' });
      expect(await claimAll(store())).to.have.length(1);
    });

    it('may say that it was pushed at any time', async () => {
      const times = [0, 1, -1, 1.5, 8.64e15, 1e300, -1e300, Number.MAX_SAFE_INTEGER];
      for (const [index, pushedAt] of times.entries()) await push(store(), { pushedAt, receiver: `r${index}` });
      const claims = await claimAll(store());
      expect(claims).to.have.length(times.length);
      const actions = [{ target: 'all', description: '', input: {}, streams: ['one'] }];
      for (const claim of claims) await store().recordPlan(claim, { actions, skipped: [] });
      for (const claim of await claimAll(store(), { leaseMs: hour })) await succeed(store(), claim);
    });

    it('is told which delivery it repeats, and who asked', async () => {
      const first = await push(store(), { identities: ['a'] });
      const again = await push(store(), { identities: ['a'], replayOf: first, requestedBy: 'user 1a1' });
      expect(again).not.to.equal(first);
      expect(await read(store(), again)).to.include({ replayOf: first, requestedBy: 'user 1a1' });
      expect(await read(store(), first)).not.to.have.any.keys('replayOf', 'requestedBy');
    });
  });
}
