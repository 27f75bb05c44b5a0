import { expect } from 'chai';
import * as fc from 'fast-check';
import { deliveryIdentities } from '../../src/framework/deliveries/delivery-identities.ts';
import type { ImageEvent } from '../../src/framework/payload-format.ts';

const push: ImageEvent = {
  registry: 'docker.io',
  repository: 'acme/web',
  tag: 'latest',
  pushedAt: 1_417_566_161_000,
  image: 'acme/web:latest',
};
const { pushedAt: _, ...untimed } = push;

type Headers = Readonly<Record<string, string>>;

function of(headers: Headers, events: readonly ImageEvent[] = [], mode: 'queued' | 'inline' = 'queued'): string[] {
  return deliveryIdentities(headers, events, mode);
}

function kinds(identities: readonly string[]): string[] {
  return identities.map((identity) => identity.slice(0, identity.indexOf(':')));
}

/** As the store judges it. */
function areDuplicates(one: readonly string[], other: readonly string[]): boolean {
  return one.some((identity) => other.includes(identity));
}

const senderIds: readonly (readonly [kind: string, headers: Headers, other: Headers])[] = [
  ['github', { 'x-github-delivery': '72d3162e' }, { 'x-github-delivery': '72d3162f' }],
  ['webhook', { 'webhook-id': 'msg_1' }, { 'webhook-id': 'msg_2' }],
  ['pubsub', { 'x-goog-pubsub-message-id': '1' }, { 'x-goog-pubsub-message-id': '2' }],
  ['cloudevent', { 'ce-source': '/a', 'ce-id': '1' }, { 'ce-source': '/a', 'ce-id': '2' }],
  ['cloudevent', { 'ce-source': '/a', 'ce-id': '1' }, { 'ce-source': '/b', 'ce-id': '1' }],
];

describe('the identities of a delivery', () => {
  it('are none where the sender gives neither id nor push time', () => {
    expect(of({ 'content-type': 'application/json', 'user-agent': 'a' }, [untimed])).to.deep.equal([]);
    expect(of({}, [])).to.deep.equal([]);
  });

  for (const [kind, headers, other] of senderIds) {
    it(`have the sender's own id: ${Object.keys(other).join(' and ')} ${Object.values(other).join(' ')}`, () => {
      for (const mode of ['queued', 'inline'] as const) {
        expect(kinds(of(headers, [], mode))).to.deep.equal([kind]);
        expect(of(headers, [], mode)).to.deep.equal(of(headers, [], mode));
        expect(areDuplicates(of(headers, [], mode), of(other, [], mode))).to.equal(false);
      }
    });
  }

  it('know an id whatever comes with it, as its sender means it', () => {
    const id = { 'x-github-delivery': '72d3162e' };
    expect(areDuplicates(of(id, [push]), of(id, [{ ...push, tag: 'other' }]))).to.equal(true);
    expect(areDuplicates(of(id, [untimed]), of(id, [untimed]))).to.equal(true);
  });

  it('know a push that comes again under another id', () => {
    expect(areDuplicates(of({ 'webhook-id': 'a' }, [push]), of({ 'webhook-id': 'b' }, [push]))).to.equal(true);
    expect(kinds(of({ 'webhook-id': 'a' }, [push]))).to.deep.equal(['webhook', 'push']);
  });

  it('take no id for that of another kind, nor a source for a part of the id', () => {
    expect(areDuplicates(of({ 'webhook-id': '1' }), of({ 'x-github-delivery': '1' }))).to.equal(false);
    expect(areDuplicates(of({ 'ce-source': 'a', 'ce-id': 'b,c' }), of({ 'ce-source': 'a,b', 'ce-id': 'c' }))).to.equal(false);
  });

  it('are none for a header that is empty, and for half a CloudEvent', () => {
    expect(of({ 'webhook-id': '', 'x-github-delivery': '  ', 'ce-id': '1' })).to.deep.equal([]);
    expect(of({ 'ce-source': '/a', 'ce-id': '' })).to.deep.equal([]);
  });

  it('tell several values in one header from any of them', () => {
    const found = ['a', 'a, b', 'b, a'].map((id) => of({ 'webhook-id': id })[0]);
    expect(new Set(found).size).to.equal(3);
  });

  it('are short and show nothing of what they are made of', () => {
    const [identity = ''] = of({ 'webhook-id': 'x'.repeat(16_000) });
    expect(identity).to.match(/^webhook:[\w-]{43}$/);
  });

  it('know a push by repository, tag, push time and digest', () => {
    const others: readonly ImageEvent[] = [
      { ...push, registry: 'quay.io' },
      { ...push, repository: 'acme/other' },
      { ...push, tag: 'other' },
      { ...push, pushedAt: 1_417_566_162_000 },
      { ...push, digest: 'sha256:a' },
    ];
    expect(areDuplicates(of({}, [push]), of({}, [{ ...push, image: 'written otherwise' }]))).to.equal(true);
    for (const other of others) expect(areDuplicates(of({}, [push]), of({}, [other])), JSON.stringify(other)).to.equal(false);
    const digested = { ...push, digest: 'sha256:a' };
    expect(areDuplicates(of({}, [digested]), of({}, [{ ...push, digest: 'sha256:b' }]))).to.equal(false);
    expect(areDuplicates(of({}, [digested]), of({}, [{ ...digested }]))).to.equal(true);
  });

  it("know a push by the registry's id of the event, which another registry may use too", () => {
    const event = { ...untimed, eventId: '1' };
    expect(kinds(of({}, [event]))).to.deep.equal(['event']);
    expect(areDuplicates(of({}, [event]), of({}, [{ ...push, eventId: '1' }]))).to.equal(true);
    expect(areDuplicates(of({}, [event]), of({}, [{ ...event, eventId: '2' }]))).to.equal(false);
    expect(areDuplicates(of({}, [event]), of({}, [{ ...event, registry: 'quay.io' }]))).to.equal(false);
  });

  it('say nothing of the body of a request to scale', () => {
    expect(of({}, [{ ...push, eventId: '1' }], 'inline')).to.deep.equal([]);
  });

  it('take all events together, in whatever order: never a new push for an old one that comes beside it', () => {
    const event = fc.record({
      repository: fc.constantFrom('a', 'b'),
      tag: fc.constantFrom('1', '2'),
      pushedAt: fc.constantFrom(1, 2),
      eventId: fc.constantFrom('x', 'y'),
    });
    const events = fc.uniqueArray(event, { minLength: 1, maxLength: 4, selector: (one) => JSON.stringify(one) });
    const full = (some: readonly Partial<ImageEvent>[]): ImageEvent[] => some.map((one) => ({ ...push, ...one }));
    fc.assert(
      fc.property(events, events, (one, other) => {
        const pushes = (list: typeof one): string =>
          JSON.stringify([...new Set(list.map((e) => `${e.repository} ${e.tag} ${e.pushedAt}`))].toSorted());
        const ids = (list: typeof one): string => JSON.stringify([...new Set(list.map(({ eventId }) => eventId))].toSorted());
        expect(of({}, full(one))).to.deep.equal(of({}, full(one.toReversed())));
        const expected = pushes(one) === pushes(other) || ids(one) === ids(other);
        expect(areDuplicates(of({}, full(one)), of({}, full(other)))).to.equal(expected);
      }),
    );
  });

  it('are none by the body where one event of several lacks what the others have', () => {
    const complete = { ...push, eventId: '1' };
    expect(of({}, [complete, untimed])).to.deep.equal([]);
    expect(kinds(of({}, [complete, push]))).to.deep.equal(['push']);
    expect(kinds(of({}, [complete, { ...untimed, eventId: '2' }]))).to.deep.equal(['event']);
  });
});
