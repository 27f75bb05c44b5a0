import crypto from 'node:crypto';
import { expect } from 'chai';
import * as fc from 'fast-check';
import { refusalOfSender } from '../../support/sender-proof.ts';

/** The example in the tests of the specification's own libraries. */
const example = {
  secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
  timestamp: '1614265330',
  body: '{"test": 2432232314}',
  signature: 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
};
const { id, timestamp, body, signature } = example;
const sentAt = Number(timestamp) * 1000;
const now = () => sentAt;
const config = { authentication: 'standardWebhooks', secrets: [example.secret] };
const otherSecret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

function sign(secret: string, text: string | Buffer): string {
  const key = Buffer.from(secret.replace('whsec_', ''), 'base64');
  return `v1,${crypto.createHmac('sha256', key).update(text).digest('base64')}`;
}

const headersWith = (changed: Record<string, string> = {}): Record<string, string> => ({
  'webhook-id': id,
  'webhook-timestamp': timestamp,
  'webhook-signature': signature,
  ...changed,
});
const refusal = (changed: Record<string, string> = {}, secrets: readonly string[] = config.secrets, text = body) =>
  refusalOfSender({ ...config, secrets }, headersWith(changed), text, { now });

describe('Standard Webhooks', () => {
  it('pass as in the example of the specification', async () => {
    expect(await refusal()).to.equal(undefined);
  });

  it('pass with a secret without its prefix', async () => {
    expect(await refusal({}, [example.secret.replace('whsec_', '')])).to.equal(undefined);
  });

  it('pass with any of several signatures and secrets', async () => {
    const others = ['v1,bm8=', sign(otherSecret, 'x'), 'v2,later', 'v1', ''];
    const text = [...others, signature].join(' ');
    expect(await refusal({ 'webhook-signature': text })).to.equal(undefined);
    expect(await refusal({ 'webhook-signature': text }, [otherSecret, example.secret])).to.equal(undefined);
    expect(await refusal({ 'webhook-signature': others.join(' ') }, [otherSecret, example.secret])).to.include({ status: 401 });
    expect(await refusal({}, [otherSecret])).to.include({ status: 401 });
  });

  it('pass where the sender has an Ed25519 key', async () => {
    const { publicKey, privateKey } = crypto.generateKeyPairSync('ed25519');
    const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
    const secrets = [`whpk_${raw.toString('base64')}`];
    const signed = (text: string): string => `v1a,${crypto.sign(null, Buffer.from(text), privateKey).toString('base64')}`;
    const good = signed(`${id}.${timestamp}.${body}`);
    expect(await refusal({ 'webhook-signature': good }, secrets)).to.equal(undefined);
    expect(await refusal({ 'webhook-signature': `${signature} ${good}` }, [otherSecret, ...secrets])).to.equal(undefined);
    expect(await refusal({ 'webhook-signature': good.replace('v1a', 'v1') }, secrets)).to.include({ status: 401 });
    expect(await refusal({ 'webhook-signature': good }, secrets, `${body} `)).to.include({ status: 401 });
    expect(await refusal({ 'webhook-signature': signature }, secrets)).to.include({ status: 401 });
    expect(await refusal({ 'webhook-signature': 'v1a,' }, secrets)).to.include({ status: 401 });
  });

  it('may be five minutes from our clock, and no more', async () => {
    for (const [seconds, expected] of [
      [0, undefined],
      [300, undefined],
      [-300, undefined],
      [301, 'The header webhook-timestamp is too old: it may be 5 minutes from our clock'],
      [-301, 'The header webhook-timestamp is in the future: it may be 5 minutes from our clock'],
    ] as const) {
      const late = () => sentAt + seconds * 1000;
      expect((await refusalOfSender(config, headersWith(), body, { now: late }))?.message).to.equal(expected);
    }
  });

  for (const text of [
    '',
    'now',
    '1614265330.0',
    '-1614265330',
    ' 1614265330',
    '0x60385e72',
    '1e9',
    '99999999999999',
    'NaN',
    '٣',
  ]) {
    it(`need whole seconds for the timestamp, not ${JSON.stringify(text)}`, async () => {
      const found = await refusal({
        'webhook-timestamp': text,
        'webhook-signature': sign(example.secret, `${id}.${text}.${body}`),
      });
      expect(found?.status).to.equal(401);
      expect(found?.message).to.match(/^The header webhook-timestamp /);
    });
  }

  it('need an id without full stops, or a part of it could be the timestamp', async () => {
    const text = `${timestamp}.${body}`;
    const found = await refusal({ 'webhook-id': `${id}.1`, 'webhook-signature': sign(example.secret, `${id}.1.${text}`) });
    expect(found).to.deep.equal({ status: 401, message: 'The header webhook-id must not have a full stop' });
  });

  for (const name of ['webhook-id', 'webhook-timestamp', 'webhook-signature']) {
    it(`need ${name}`, async () => {
      const { [name]: _left, ...others } = headersWith();
      const found = await refusalOfSender(config, others, body, { now });
      expect(found?.message).to.equal(`The header ${name} is missing: this receiver needs it as proof`);
    });
  }

  it('are refused once any bit of id, timestamp, signature or body was changed', async () => {
    const parts = { ...headersWith(), body };
    for (const [name, text] of Object.entries(parts)) {
      for (let bit = 0; bit < text.length * 8; bit += 1) {
        const changed = Buffer.from(text);
        changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
        const { body: changedBody, ...headers } = { ...parts, [name]: changed.toString('latin1') };
        const found = await refusalOfSender(config, headers, Buffer.from(changedBody, 'latin1'), { now });
        expect(found, `${name}, bit ${bit}`).to.include({ status: 401 });
      }
    }
  });

  it('are refused whatever stands there', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ maxLength: 60 }), fc.string({ maxLength: 200 }), async (anyId, anySignature) => {
        const found = await refusal({ 'webhook-id': anyId, 'webhook-signature': anySignature });
        expect(found?.status).to.equal(401);
        expect(found?.message).not.to.include(example.secret);
      }),
    );
  });
});
