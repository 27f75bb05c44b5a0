import { expect } from 'chai';
import * as fc from 'fast-check';
import { refusalOfSender } from '../../support/sender-proof.ts';

const secrets = ['Bearer first-one', 'Basic c2Vjb25kOm9uZQ=='];

describe('a header that holds a secret', () => {
  it('is Authorization where none is named, as Harbor sends it', async () => {
    const config = { authentication: 'header', secrets };
    for (const secret of secrets) expect(await refusalOfSender(config, { authorization: secret }, '')).to.equal(undefined);
    const message = 'The header Authorization is no secret of this receiver';
    expect(await refusalOfSender(config, { authorization: 'Bearer' }, '')).to.deep.equal({ status: 401, message });
    expect((await refusalOfSender(config, {}, ''))?.message).to.match(/^The header Authorization is missing/);
  });

  it('may be any other, in any case', async () => {
    const config = { authentication: 'header', headerName: 'X-Gitlab-Token', secrets };
    expect(await refusalOfSender(config, { 'x-gitlab-token': 'Bearer first-one' }, '')).to.equal(undefined);
    expect(await refusalOfSender(config, { authorization: 'Bearer first-one' }, '')).to.include({ status: 401 });
  });

  it('is read as the bytes that came: a secret may be any text', async () => {
    const secret = 'pässwörd ✓';
    const sent = Buffer.from(secret).toString('latin1');
    const config = { authentication: 'header', headerName: 'X-Token', secrets: [secret] };
    expect(await refusalOfSender(config, { 'x-token': sent }, '')).to.equal(undefined);
  });

  it('is refused for anything but a whole secret', async () => {
    const config = { authentication: 'header', secrets };
    const near = [
      'bearer first-one',
      'Bearer first-on',
      'Bearer first-one ',
      'first-one',
      secrets.join(', '),
      '',
      'null',
      'undefined',
    ];
    for (const text of near) expect(await refusalOfSender(config, { authorization: text }, ''), text).to.include({ status: 401 });
    await fc.assert(
      fc.asyncProperty(fc.string({ maxLength: 100 }), async (text) => {
        const refusal = await refusalOfSender(config, { authorization: text }, '');
        expect(refusal?.status).to.equal(401);
        for (const secret of secrets) expect(refusal?.message).not.to.include(secret);
      }),
    );
  });

  it('is refused where it is there twice', async () => {
    const config = { authentication: 'header', headerName: 'X-Token', secrets: ['a'] };
    const refusal = await refusalOfSender(config, { 'x-token': ['a', 'a'] }, '');
    expect(refusal).to.deep.equal({ status: 401, message: 'The header X-Token is there several times' });
  });
});
