import crypto from 'node:crypto';
import { promisify } from 'node:util';
import { generatePrivateKeyPem } from '../../framework/key-ring.ts';
import { makeSchema } from './migrate.ts';
import { PostgresDatabase } from './postgres-database.ts';

const table = 'webhook_service_token_key';
const prefix = 'sealed:v1';
const purpose = Buffer.from('webhook-service token key v1');
const saltBytes = 16;
const nonceBytes = 12;
const tagBytes = 16;
/** 32 MiB and a tenth of a second for every guess at the secret. */
const cost = { N: 1 << 15, r: 8, p: 1, maxmem: 1 << 26 };

const scrypt = promisify<string, Buffer, number, crypto.ScryptOptions, Buffer>(crypto.scrypt);

/**
 * The signing key of replicas that were given none: made once by whichever comes first, and kept in their database, sealed
 * under a secret that is not in it (AES-256-GCM, the key by scrypt).
 *
 * @param options.url DATABASE_URL; `options.secret` WEBHOOK_SECRET, the same for all replicas.
 * @returns the private key as PEM.
 * @throws Error if the secret is empty or another one than the key was sealed under, StoreUnavailableError if PostgreSQL does
 *   not answer.
 */
export async function loadOrCreateSharedTokenKey(options: { readonly url: string; readonly secret: string }): Promise<string> {
  if (options.secret === '') throw new Error('WEBHOOK_SECRET is empty: the key that all replicas share is sealed under it');
  const database = await PostgresDatabase.open(options.url);
  try {
    const envelope = (await read(database)) ?? (await store(database, await seal(generatePrivateKeyPem(), options.secret)));
    return await open(envelope, options.secret);
  } finally {
    await database.close();
  }
}

async function read(database: PostgresDatabase): Promise<string | undefined> {
  return database.transaction({ kind: 'read' }, async (tx) => {
    const [known] = await tx.all('SELECT 1 AS found WHERE to_regclass($1) IS NOT NULL', table);
    const [row] = known === undefined ? [] : await tx.all(`SELECT envelope FROM ${table}`);
    return row === undefined ? undefined : String(row['envelope']);
  });
}

/** @returns what is stored now: the given envelope, or that of a replica that was faster. */
async function store(database: PostgresDatabase, envelope: string): Promise<string> {
  return database.transaction({ kind: 'alone' }, async (tx) => {
    await makeSchema(tx);
    await tx.run(`CREATE TABLE IF NOT EXISTS ${table} (id BIGINT PRIMARY KEY CHECK (id = 1), envelope TEXT NOT NULL)`);
    await tx.run(`INSERT INTO ${table} (id, envelope) VALUES (1, $1) ON CONFLICT DO NOTHING`, envelope);
    const [row] = await tx.all(`SELECT envelope FROM ${table}`);
    return String(row?.['envelope']);
  });
}

async function seal(pem: string, secret: string): Promise<string> {
  const salt = crypto.randomBytes(saltBytes);
  const nonce = crypto.randomBytes(nonceBytes);
  const cipher = crypto.createCipheriv('aes-256-gcm', await derive(secret, salt), nonce).setAAD(purpose);
  const bytes = Buffer.concat([salt, nonce, cipher.update(pem, 'utf8'), cipher.final(), cipher.getAuthTag()]);
  return `${prefix}:${bytes.toString('base64url')}`;
}

async function open(envelope: string, secret: string): Promise<string> {
  const bytes = Buffer.from(envelope.slice(prefix.length + 1), 'base64url');
  if (!envelope.startsWith(`${prefix}:`) || bytes.length < saltBytes + nonceBytes + tagBytes) {
    throw new Error(`the token key in the database is damaged: restore the table ${table} from a backup`);
  }
  const key = await derive(secret, bytes.subarray(0, saltBytes));
  const nonce = bytes.subarray(saltBytes, saltBytes + nonceBytes);
  const decipher = crypto.createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes }).setAAD(purpose);
  decipher.setAuthTag(bytes.subarray(-tagBytes));
  try {
    const text = [decipher.update(bytes.subarray(saltBytes + nonceBytes, -tagBytes)), decipher.final()];
    return Buffer.concat(text).toString('utf8');
  } catch {
    throw new Error(
      'WEBHOOK_SECRET does not open the token key in the database: it is not the secret that the key was sealed under',
    );
  }
}

function derive(secret: string, salt: Buffer): Promise<Buffer> {
  return scrypt(secret, salt, 32, cost);
}
