import http from 'node:http';
import { expect } from 'chai';
import { load } from 'js-yaml';
import { deployments, EmulatorClient } from '../../../support/kubernetes-emulator-client.ts';

const configMaps = '/api/v1/namespaces/default/configmaps';

interface Row {
  readonly object: { readonly kind: string; readonly spec?: object } | null;
}

describe('forms of answers of the Kubernetes emulator', () => {
  let client: EmulatorClient;
  before(async () => {
    client = await EmulatorClient.start();
    await client.deploy('web');
  });
  after(() => client.stop());

  const get = async (path: string, accept: string): Promise<{ status: number; type: string; text: string }> => {
    const headers = { authorization: `Bearer ${client.emulator.token}`, accept };
    const answer = await fetch(client.emulator.url + path, { headers });
    return { status: answer.status, type: answer.headers.get('content-type') ?? '', text: await answer.text() };
  };

  it('are the metadata alone, of one, of many, and in a watch', async () => {
    const form = (kind: string): string => `application/json;as=${kind};v=v1;g=meta.k8s.io`;
    const one = JSON.parse((await get(`${deployments}/web`, form('PartialObjectMetadata'))).text) as object;
    expect(one).to.have.all.keys('kind', 'apiVersion', 'metadata').and.to.include({ kind: 'PartialObjectMetadata' });
    const list = JSON.parse((await get(deployments, form('PartialObjectMetadataList'))).text) as {
      kind: string;
      items: object[];
    };
    expect(list.kind).to.equal('PartialObjectMetadataList');
    expect(list.items[0]).to.have.all.keys('kind', 'apiVersion', 'metadata');
    const watch = await get(`${deployments}?watch=1&timeoutSeconds=1`, form('PartialObjectMetadata'));
    const [first = ''] = watch.text.split('\n');
    expect((JSON.parse(first) as { object: object }).object).to.have.all.keys('kind', 'apiVersion', 'metadata');
  });

  it('are tables with as much of each object as is asked for', async () => {
    const table = 'application/json;as=Table;v=v1;g=meta.k8s.io';
    const objectOf = async (included: string): Promise<Row['object'] | undefined> =>
      (JSON.parse((await get(`${deployments}?includeObject=${included}`, table)).text) as { rows: Row[] }).rows[0]?.object;
    expect(await objectOf('None')).to.equal(null);
    expect(await objectOf('')).to.include({ kind: 'PartialObjectMetadata' });
    expect(await objectOf('Object'))
      .to.include({ kind: 'Deployment' })
      .and.to.have.property('spec');
  });

  it('are YAML where that is asked for', async () => {
    const { type, text } = await get(`${deployments}/web`, 'application/yaml');
    expect(type).to.equal('application/yaml');
    expect(load(text)).to.deep.equal(JSON.parse((await get(`${deployments}/web`, '*/*')).text));
  });

  it('are the first that is there', async () => {
    const accepts = 'application/json;as=Table;v=v9;g=meta.k8s.io,text/html,application/json';
    expect((JSON.parse((await get(deployments, accepts)).text) as { kind: string }).kind).to.equal('DeploymentList');
    for (const none of ['text/html', ';;;', 'application/json;as=Table;v=v9;g=meta.k8s.io', 'application/json;as=toString'])
      expect((await get(deployments, none)).status, none).to.equal(406);
  });

  for (const [query, status] of [
    ['limit=abc', 400],
    ['limit=-1', 200],
    ['resourceVersion=abc', 400],
    ['resourceVersionMatch=Exact', 422],
    ['resourceVersion=1&resourceVersionMatch=Exact', 410],
    ['watch=1&resourceVersion=abc', 400],
    ['watch=1&timeoutSeconds=abc', 400],
  ] as const)
    it(`are ${status} for a list with ${query}`, async () => {
      expect((await client.get(`${configMaps}?${query}`)).status).to.equal(status);
    });

  it('are refusals of what cannot be read', async () => {
    const post = async (type: string, body: string, query = ''): Promise<number> =>
      (await client.call('POST', configMaps + query, body, { 'content-type': type })).status;
    const map = JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'typed' } });
    for (const type of ['text/plain', 'application/xml', 'application/cbor', 'bad/type/x;;'])
      expect(await post(type, map), type).to.equal(415);
    expect(await post('application/json', map, '?dryRun=Some')).to.equal(422);
    expect(await post('application/json; charset=utf-8', map)).to.equal(201);
    expect(await post('application/yaml', 'metadata: {name: yaml}\ndata: {a: b}')).to.equal(201);
    const grace = await client.call('DELETE', `${configMaps}/typed?gracePeriodSeconds=abc`);
    expect(grace.status).to.equal(400);
  });

  it('are refusals of data that no ConfigMap holds', async () => {
    const create = async (data: object): Promise<string> =>
      (await client.call('POST', configMaps, { metadata: { name: 'data' }, data })).body.message;
    expect(await create({ 'bad key!': 'x' })).to.match(
      /^ConfigMap "data" is invalid: data\[bad key!\]: Invalid value: "bad key!": a valid/,
    );
    expect(await create({ a: 'x'.repeat(1_048_577) })).to.equal(
      'ConfigMap "data" is invalid: []: Too long: may not be more than 1048576 bytes',
    );
  });

  it('reach also whom sends far too much before he listens', async () => {
    const body = Buffer.alloc(8 * 1024 * 1024, ' ');
    const status = await new Promise((resolve, reject) => {
      const request = http.request(client.emulator.url + configMaps, {
        method: 'POST',
        agent: false,
        headers: {
          authorization: `Bearer ${client.emulator.token}`,
          'content-type': 'application/json',
          'content-length': body.length,
        },
      });
      request.once('error', reject).once('response', (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      request.end(body);
    });
    expect(status).to.equal(413);
  });
});
