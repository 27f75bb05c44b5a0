import { expect } from 'chai';
import { deployment, deployments, EmulatorClient } from '../../../support/kubernetes-emulator-client.ts';

describe('unknown fields on the Kubernetes emulator', () => {
  let client: EmulatorClient;
  before(async () => {
    client = await EmulatorClient.start();
  });
  after(() => client.stop());

  const create = async (
    name: string,
    query: string,
    odd: object,
  ): Promise<{ status: number; warning: string | null; spec: unknown }> => {
    const answer = await fetch(`${client.emulator.url}${deployments}?${query}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${client.emulator.token}`, 'content-type': 'application/json' },
      body: JSON.stringify(deployment(name, { replicas: 0, ...odd })),
    });
    const { spec } = (await answer.json()) as { spec: unknown };
    return { status: answer.status, warning: answer.headers.get('warning'), spec };
  };

  it('are left out, with a warning unless that is not wanted', async () => {
    const warned = await create('warned', '', { odd: 1 });
    expect(warned).to.deep.include({ status: 201, warning: '299 - "unknown field \\"spec.odd\\""' });
    expect(warned.spec).not.to.have.property('odd');
    const ignored = await create('ignored', 'fieldValidation=Ignore', { odd: 1 });
    expect(ignored).to.deep.include({ status: 201, warning: null });
    expect(ignored.spec).not.to.have.property('odd');
    expect((await create('strict', 'fieldValidation=Strict', { odd: 1 })).status).to.equal(400);
    expect((await create('else', 'fieldValidation=Maybe', {})).status).to.equal(422);
  });

  it('warn of names that no header can hold, and of thousands of them', async () => {
    const odd = Object.fromEntries(Array.from({ length: 5_000 }, (_each, index) => [`ödd\n"\\${index}`, index]));
    const { status, warning } = await create('many', '', odd);
    expect(status).to.equal(201);
    expect(warning?.length).to.be.within(1_000, 8_000);
    expect(warning).to.match(/^299 - "unknown field [ -~]*"$/);
  });
});
