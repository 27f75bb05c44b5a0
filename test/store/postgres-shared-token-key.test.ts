import crypto from 'node:crypto';
import { inspect } from 'node:util';
import { expect } from 'chai';
import { Client } from 'pg';
import { createKeyRing } from '../../src/framework/key-ring.ts';
import { openPostgresDeliveryStore } from '../../src/store/postgres/postgres-delivery-store.ts';
import { loadOrCreateSharedTokenKey } from '../../src/store/postgres/shared-token-key.ts';
import { freshDatabase } from '../support/postgres.ts';
import { thrownBy } from '../support/thrown-by.ts';

describe('the token key that replicas share', () => {
  const secret = crypto.randomBytes(16).toString('hex');
  const other = crypto.randomBytes(16).toString('hex');
  let url = '';

  beforeEach(async function () {
    url = await freshDatabase(this);
  });

  const query = async (sql: string): Promise<Record<string, unknown>[]> => {
    const client = new Client({ connectionString: url });
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(sql)).rows;
    } finally {
      await client.end();
    }
  };
  const envelope = async (): Promise<string> =>
    String((await query('SELECT envelope FROM webhook_service.webhook_service_token_key'))[0]?.['envelope']);

  it('is one key for all that start at once, and for those that start later', async () => {
    const keys = await Promise.all(Array.from({ length: 4 }, () => loadOrCreateSharedTokenKey({ url, secret })));
    keys.push(await loadOrCreateSharedTokenKey({ url, secret }));
    expect(new Set(keys).size).to.equal(1);
    expect(createKeyRing(keys[0], undefined).signing?.kid).to.be.a('string');
  });

  it('lives beside the deliveries, whichever of them comes first', async () => {
    const open = async (): Promise<void> => (await openPostgresDeliveryStore({ url, log: { warn: () => undefined } })).close();
    const [key] = await Promise.all([loadOrCreateSharedTokenKey({ url, secret }), open()]);
    await open();
    expect(await loadOrCreateSharedTokenKey({ url, secret })).to.equal(key);
  });

  it('stands in the database sealed, each time under a salt of its own', async () => {
    const pem = await loadOrCreateSharedTokenKey({ url, secret });
    const first = await envelope();
    await query('DROP SCHEMA webhook_service CASCADE');
    await loadOrCreateSharedTokenKey({ url, secret });
    const body = pem.split('\n')[1] ?? '';
    expect(Buffer.from(first.split(':')[2] ?? '', 'base64url').toString('latin1')).not.to.include(body);
    expect(first.slice(0, 30)).not.to.equal((await envelope()).slice(0, 30));
  });

  it('is not opened by another secret, nor replaced', async () => {
    await loadOrCreateSharedTokenKey({ url, secret });
    const before = await envelope();
    const thrown = await thrownBy(loadOrCreateSharedTokenKey({ url, secret: other }));
    expect(thrown.message).to.match(/^WEBHOOK_SECRET does not open the token key in the database/);
    expect(inspect(thrown, { depth: 10 })).not.to.include(other);
    expect(await envelope()).to.equal(before);
  });

  it('is not opened where it was changed, and needs a secret', async () => {
    await loadOrCreateSharedTokenKey({ url, secret });
    await query(`UPDATE webhook_service.webhook_service_token_key SET envelope = left(envelope, 20)`);
    expect((await thrownBy(loadOrCreateSharedTokenKey({ url, secret }))).message).to.match(/is damaged: restore the table/);
    expect((await thrownBy(loadOrCreateSharedTokenKey({ url, secret: '' }))).message).to.match(/^WEBHOOK_SECRET is empty/);
  });
});
