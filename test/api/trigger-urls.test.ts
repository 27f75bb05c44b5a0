import { expect } from 'chai';
import * as fc from 'fast-check';
import { queryWithoutCredentials } from '../../src/api/trigger-parameters.ts';
import { createKeyRing } from '../../src/framework/key-ring.ts';
import { testKey } from '../support/keys.ts';
import { startApi } from '../support/start-api.ts';
import { testDriver } from '../support/test-drivers.ts';

describe('new trigger URLs', () => {
  it('are of key style where only a public key is known', async () => {
    const api = await startApi({ ring: createKeyRing(undefined, testKey().publicPem) });
    const { json } = await api.create({ name: 'a', driver: 'inline' });
    expect(json['url']).to.match(/\?key=\w{40}&projectId=1a5$/);
    expect((await api.trigger(String(json['url']))).status).to.equal(200);
    await api.stop();
  });

  it('are of key style where a token would be too long for a URL', async () => {
    const api = await startApi();
    const selector = Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`label${index}`, 'value'.repeat(4)]));
    const { json } = await api.create({ name: 'a', driver: 'inline', inlineConfig: { selector } });
    expect(json['url']).to.match(/\?key=\w{40}&projectId=1a5$/);
    await api.stop();
  });

  it('have the config of a driver that Go knows, less its secrets, and none of ours', async () => {
    const config = { amount: 1, secret: 'hidden' };
    for (const [extension, shown] of [
      [false, { amount: 1 }],
      [true, {}],
    ] as const) {
      const api = await startApi({ drivers: [testDriver('inline', 'inline', { extension })] });
      const { json } = await api.create({ name: 'a', driver: 'inline', inlineConfig: config });
      const token = new URL(String(json['url'])).searchParams.get('token') ?? '';
      expect(api.tokens.verify(token).claims).to.deep.include({ config: shown, driver: 'inline', projectId: '1a5' });
      await api.stop();
    }
  });
});

describe('a query without its credentials', () => {
  const name = fc.constantFrom(
    'key',
    'token',
    'projectId',
    '%6bey',
    'k%65y',
    'tok%65n',
    '?key',
    '+key',
    'key[]',
    'Key',
    'a',
    '',
    'key%00',
    '%',
  );
  const query = fc
    .array(fc.tuple(name, fc.constantFrom('=', '==', ''), fc.constantFrom('SECRET', 'a%26key=SECRET', '')), { maxLength: 6 })
    .map((parts) => parts.map((part) => part.join('')).join('&'));

  it('has none left, whatever their spelling', () => {
    fc.assert(
      fc.property(query, (text) => {
        const left = new URLSearchParams(queryWithoutCredentials(text));
        for (const credential of ['key', 'token', 'projectId']) expect(left.has(credential), text).to.equal(false);
      }),
      { numRuns: 2_000 },
    );
  });

  it('has everything else as it was', () => {
    expect(queryWithoutCredentials('a=%20+b&key=x&&keys=1&token=y&c')).to.equal('a=%20+b&keys=1&c');
  });
});
