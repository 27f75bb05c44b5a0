import { expect } from 'chai';
import { ServiceError } from '../../src/framework/errors.ts';
import type { PayloadOptions } from '../../src/framework/payload-format.ts';
import { readPayload } from '../../src/framework/read-payload.ts';
import { payloadFormats } from '../../src/payloads/index.ts';

const push = { push_data: { tag: '2' }, repository: { repo_name: 'acme/web' } };

/** Why a body deploys nothing in the format that a receiver names. */
function reasonIn(format: string, body: object, options: PayloadOptions = {}): string {
  try {
    const { events, ignored } = readPayload(payloadFormats, format, { ...body }, {}, options);
    expect(events).to.deep.equal([]);
    return ignored.map(({ reason }) => reason).join('; ');
  } catch (thrown) {
    if (!(thrown instanceof ServiceError)) throw thrown;
    expect(thrown.code).to.equal('InvalidPayload');
    return thrown.message;
  }
}

describe('a body in another format than the receiver names', () => {
  const hint = /. \(it is a push in the format dockerhub: set payloadFormat to that or to auto\)$/;

  for (const { id } of payloadFormats.all) {
    if (id === 'dockerhub' || id === 'custom') continue;
    it(`is said to be one by ${id}`, () => {
      expect(reasonIn(id, push)).to.match(hint);
    });
  }

  it('is said to be one where the paths of custom find nothing', () => {
    expect(reasonIn('custom', push, { imagePath: '$.image' })).to.match(hint);
  });

  it('is refused in the words of the Go service where these are a contract', () => {
    expect(reasonIn('azure', push, { strict: true })).not.to.match(/set payloadFormat/);
  });

  it('is not said to be one where the other would not deploy it either', () => {
    expect(reasonIn('harbor', { ...push, push_data: { tag: '' } })).not.to.match(/set payloadFormat/);
    expect(reasonIn('harbor', { hello: 'world' })).not.to.match(/set payloadFormat/);
  });

  it('is not looked for where the body is of the named format', () => {
    expect(reasonIn('dockerhub', { ...push, push_data: { tag: '' } })).to.equal('the push has no tag');
  });
});
