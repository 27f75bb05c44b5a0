import crypto, { type KeyObject } from 'node:crypto';
import { createKeyRing, generatePrivateKeyPem, type KeyRing } from '../../src/framework/key-ring.ts';

/** An RSA pair in the forms that tests need. */
export interface TestKey {
  readonly privatePem: string;
  readonly publicPem: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

const made = new Map<string, TestKey>();

/** A key of 2048 bits, made once for each name and process: making one takes a tenth of a second. */
export function testKey(name = 'own'): TestKey {
  const known = made.get(name);
  if (known) return known;
  const privatePem = generatePrivateKeyPem();
  const privateKey = crypto.createPrivateKey(privatePem);
  const publicKey = crypto.createPublicKey(privateKey);
  const publicPem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const key = { privatePem, publicPem, privateKey, publicKey };
  made.set(name, key);
  return key;
}

/** Signs with the named key and accepts those of the others too. */
export function testRing(name = 'own', ...accepted: string[]): KeyRing {
  const publicPems = accepted.map((other) => testKey(other).publicPem).join('\n');
  return createKeyRing(testKey(name).privatePem, publicPems === '' ? undefined : publicPems);
}
