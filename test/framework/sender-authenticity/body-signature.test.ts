import crypto from 'node:crypto';
import { expect } from 'chai';
import * as fc from 'fast-check';
import type { SenderConfig } from '../../../src/framework/sender-authenticity/sender-fields.ts';
import { refusalOfSender } from '../../support/sender-proof.ts';

const secret = "It's a Secret to Everybody";
const other = 'another one';
const body = 'Hello, World!';
const hmac = (hash: string, key: string, text: string | Buffer = body): string =>
  crypto.createHmac(hash, key).update(text).digest('hex');

/** How each sender signs the body. */
const senders = {
  github: { header: 'x-hub-signature-256', sign: (key: string) => `sha256=${hmac('sha256', key)}` },
  nexus: { header: 'x-nexus-webhook-signature', sign: (key: string) => hmac('sha1', key) },
  artifactory: { header: 'x-jfrog-event-auth', sign: (key: string) => hmac('sha256', key) },
} as const;

describe('signatures over the body', () => {
  it('are those of the example in the documentation of GitHub', async () => {
    const signature = 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17';
    expect(senders.github.sign(secret)).to.equal(signature);
    const config = { authentication: 'github', secrets: [secret] };
    expect(await refusalOfSender(config, { 'x-hub-signature-256': signature }, body)).to.equal(undefined);
  });

  it('are those of RFC 2202 and RFC 4231', async () => {
    const text = 'what do ya want for nothing?';
    const nexus = { authentication: 'nexus', secrets: ['Jefe'] };
    const sha1 = 'effcdf6ae5eb2fa2d27416d5f184df9c259a7c79';
    expect(await refusalOfSender(nexus, { 'x-nexus-webhook-signature': sha1 }, text)).to.equal(undefined);
    const artifactory = { authentication: 'artifactory', secrets: ['Jefe'] };
    const sha256 = '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843';
    expect(await refusalOfSender(artifactory, { 'x-jfrog-event-auth': sha256 }, text)).to.equal(undefined);
  });

  for (const [authentication, { header, sign }] of Object.entries(senders)) {
    describe(`as ${authentication} makes them`, () => {
      const config: SenderConfig = { authentication, secrets: [secret] };

      it('pass with any of the secrets', async () => {
        for (const secrets of [
          [secret, other],
          [other, secret],
        ]) {
          expect(await refusalOfSender({ authentication, secrets }, { [header]: sign(secret) }, body)).to.equal(undefined);
          expect(await refusalOfSender({ authentication, secrets }, { [header]: sign(other) }, body)).to.equal(undefined);
          expect(await refusalOfSender({ authentication, secrets }, { [header]: sign('third') }, body)).to.include({
            status: 401,
          });
        }
      });

      it('pass for bytes that are no text', async () => {
        const bytes = Buffer.from([0xff, 0x00, 0xfe, 0x0a]);
        const signature = sign(secret).replace(
          /[0-9a-f]{40,}$/,
          hmac(authentication === 'nexus' ? 'sha1' : 'sha256', secret, bytes),
        );
        expect(await refusalOfSender(config, { [header]: signature }, bytes)).to.equal(undefined);
        expect(await refusalOfSender(config, { [header]: signature }, bytes.toString('utf8'))).to.include({ status: 401 });
      });

      it('are refused once any bit of them was changed', async () => {
        const signature = Buffer.from(sign(secret), 'latin1');
        for (let bit = 0; bit < signature.length * 8; bit += 1) {
          const changed = Buffer.from(signature);
          changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
          const refusal = await refusalOfSender(config, { [header]: changed.toString('latin1') }, body);
          expect(refusal, `bit ${bit}`).to.include({ status: 401 });
        }
      });

      it('are refused once any bit of the body was changed', async () => {
        for (let bit = 0; bit < body.length * 8; bit += 1) {
          const changed = Buffer.from(body);
          changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
          expect(await refusalOfSender(config, { [header]: sign(secret) }, changed), `bit ${bit}`).to.include({ status: 401 });
        }
      });

      it('are refused in any other form, with a text that names the header and no secret', async () => {
        const good = sign(secret);
        const digits = good.replace(/^sha256=/, '');
        const wrong = [
          good.slice(0, -1),
          `${good}0`,
          good.toUpperCase(),
          `${good},${good}`,
          `${good} `,
          ` ${good}`,
          `sha1=${digits}`,
          `sha256=sha256=${digits}`,
          Buffer.from(digits, 'hex').toString('base64'),
          'sha256=',
          '0'.repeat(digits.length),
          [good, good],
          [],
        ];
        for (const value of wrong) {
          const refusal = await refusalOfSender(config, { [header]: value }, body);
          expect(refusal?.status, String(value)).to.equal(401);
          expect(refusal?.message.toLowerCase()).to.include(header);
          expect(refusal?.message).not.to.include(secret).and.not.include(digits);
        }
      });

      it('are refused where there are none', async () => {
        for (const headers of [{}, { [header]: '' }]) {
          const refusal = await refusalOfSender(config, headers, body);
          expect(refusal?.status).to.equal(401);
          expect(refusal?.message.toLowerCase()).to.match(new RegExp(`^the header ${header} is missing`));
        }
      });

      it('are refused whatever stands there', async () => {
        const anything = fc.string({ unit: 'binary', maxLength: 100 }).map((text) => Buffer.from(text).toString('latin1'));
        await fc.assert(
          fc.asyncProperty(anything, fc.uint8Array({ maxLength: 100 }), async (value, bytes) => {
            const refusal = await refusalOfSender(config, { [header]: value }, Buffer.from(bytes));
            expect(refusal?.status).to.equal(401);
          }),
        );
      });
    });
  }

  it('of Artifactory may be the secret itself, where it does not sign', async () => {
    const config = { authentication: 'artifactory', secrets: [other, secret] };
    expect(await refusalOfSender(config, { 'x-jfrog-event-auth': secret }, body)).to.equal(undefined);
    expect(await refusalOfSender(config, { 'x-jfrog-event-auth': `${secret}x` }, body)).to.include({ status: 401 });
    for (const authentication of ['github', 'nexus']) {
      const { header } = senders[authentication as 'github'];
      expect(await refusalOfSender({ authentication, secrets: [secret] }, { [header]: secret }, body)).to.include({
        status: 401,
      });
    }
  });

  it('do not pass under the name of another sender', async () => {
    const config = { authentication: 'github', secrets: [secret] };
    expect(await refusalOfSender(config, { 'x-hub-signature': senders.github.sign(secret) }, body)).to.include({ status: 401 });
    expect(await refusalOfSender(config, { 'x-jfrog-event-auth': hmac('sha256', secret) }, body)).to.include({ status: 401 });
  });
});
