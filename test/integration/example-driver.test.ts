import { expect } from 'chai';
import { announcePush } from '../../docs/examples/announce-push/index.ts';
import type { EndedAction } from '../../src/framework/deliveries/delivery-observer.ts';
import { payloadFormats } from '../../src/payloads/index.ts';
import { refusal } from '../support/refusal.ts';
import { deliveryRequest } from '../support/run-driver.ts';
import { startApi } from '../support/start-api.ts';
import { activeReceiver } from '../support/active-receiver.ts';
import { startEngine } from '../support/start-engine.ts';
import { until } from '../support/until.ts';

const push = (tag: string): object => ({ push_data: { tag }, repository: { repo_name: 'acme/web' } });

describe('the example of docs/writing-a-driver.md', () => {
  let said: string[];
  const driver = announcePush({
    formats: payloadFormats,
    chat: {
      async say(channel, text, secret) {
        if (channel === '#broken') throw new Error('the chat is away');
        said.push(`${channel} ${text} ${secret ?? ''}`.trim());
      },
    },
  });

  beforeEach(() => {
    said = [];
  });

  async function deliver(config: Record<string, unknown>, body: unknown): Promise<(EndedAction | string)[]> {
    const told: (EndedAction | string)[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    const receiver = activeReceiver('announcePush', { name: 'chat', config });
    const engine = await startEngine({
      drivers: [driver],
      receiver,
      observer: {
        ignored: (_delivery, reason) => resolve(void told.push(reason)),
        failed: (_delivery, error) => resolve(void told.push(error.message)),
        postponed: (_delivery, _action, message) => resolve(void told.push(message)),
        ended: (_delivery, _action, result) => resolve(void told.push(result)),
      },
    });
    try {
      const { failure } = await engine.intake.take({ receiver, driver, request: deliveryRequest(body) });
      if (failure) throw failure;
      await promise;
      return told;
    } finally {
      await engine.stop();
    }
  }

  it('does its work through the engine', async () => {
    expect(await deliver({ channel: '#releases' }, push('1.2.3'))).to.deep.equal([
      { outcome: 'succeeded', message: '#releases was told' },
    ]);
    expect(said).to.deep.equal(['#releases acme/web:1.2.3 was pushed']);
  });

  it('ignores what does not concern it, with the reason', async () => {
    expect(await deliver({ channel: '#releases', tag: 'latest' }, push('1.2.3'))).to.deep.equal(['the tag is not latest']);
    expect(said).to.deep.equal([]);
  });

  it('refuses bodies that are no push', async () => {
    const refused = (text: string): string => `Error ${text} in executing driver for announcePush`;
    const unknown = 'The payload is of no known format';
    await refusal(() => deliver({ channel: '#releases' }, []), 400, refused(unknown));
    const unrecognised = refused(`${unknown} (payloadFormat custom reads any)`);
    await refusal(() => deliver({ channel: '#releases' }, { any: 'thing' }), 400, unrecognised);
    const unread = refused('The payload is not valid JSON: Unexpected token \'o\', "no JSON" is not valid JSON');
    await refusal(() => deliver({ channel: '#releases' }, 'no JSON'), 400, unread);
  });

  it('is tried again where its client throws, and not for a stored config that was never validated', async () => {
    // A second attempt may be made before the engine has stopped.
    expect((await deliver({ channel: '#broken' }, push('1')))[0]).to.equal('attempt 1 failed: Internal error');
    expect(await deliver({ channel: 'no channel' }, push('1'))).to.deep.equal(['Invalid channel no channel']);
  });

  it('has its receivers made over the API, with its secret kept', async () => {
    const api = await startApi({ drivers: [driver] });
    try {
      const refused = await api.create({ name: 'chat', driver: 'announcePush', announcePushConfig: { channel: 'x' } });
      expect(refused.status).to.equal(400);
      const config = { channel: '#releases', secret: 's3cret' };
      const created = await api.create({ name: 'chat', driver: 'announcePush', announcePushConfig: config });
      expect(created.status, created.text).to.equal(200);
      expect(created.text).not.to.include('s3cret');
      expect(JSON.stringify([...api.rancher.objects.values()])).not.to.include('s3cret');
      const triggered = await api.trigger(String(created.json['url']), { body: push('1.2.3') });
      expect(triggered.status).to.equal(200);
      await until(() => said.length > 0);
    } finally {
      await api.stop();
    }
    expect(said).to.deep.equal(['#releases acme/web:1.2.3 was pushed s3cret']);
  });
});
