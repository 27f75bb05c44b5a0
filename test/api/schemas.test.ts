import fs from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { Schemas } from '../../src/api/schemas.ts';
import { UrlBuilder } from '../../src/api/url-builder.ts';
import { definition as forwardPost } from '../../src/drivers/forward-post/definition.ts';
import { definition as scaleHost } from '../../src/drivers/scale-host/definition.ts';
import { definition as scaleService } from '../../src/drivers/scale-service/definition.ts';
import { definitionWith } from '../../src/drivers/service-upgrade/definition.ts';
import { payloadFormats } from '../../src/payloads/index.ts';
import { projectRoot } from '../support/program.ts';
import { startApi, type TestApi } from '../support/start-api.ts';
import { testDriver } from '../support/test-drivers.ts';

type Actions = Record<string, { input?: string; output: string }>;
type Schema = {
  id: string;
  resourceFields: Record<string, { options?: unknown[] }>;
  resourceActions?: Actions;
  collectionActions?: Actions;
} & Record<string, unknown>;

/** The document of the Go service 0.9.15, with `B` for the base URL. */
const recorded = JSON.parse(fs.readFileSync(path.join(projectRoot, 'test/fixtures/legacy-schemas.json'), 'utf8')) as {
  data: Schema[];
};
const upstream = [forwardPost, scaleService, definitionWith(payloadFormats), scaleHost];
const urls = new UrlBuilder({ host: 'h' }, '/v1-webhooks/schemas');

/** Comparable: the order of drivers was random in Go. */
function ordered(document: unknown): unknown {
  const { data, ...rest } = JSON.parse(JSON.stringify(document).replaceAll('http://h/', 'B/')) as { data: Schema[] };
  for (const { resourceFields } of data) resourceFields['driver']?.options?.sort();
  return { ...rest, data: data.toSorted((a, b) => a.id.localeCompare(b.id)) };
}

describe('the schemas', () => {
  let api: TestApi;
  before(async () => {
    api = await startApi();
  });
  after(() => api.stop());

  it('are exactly those of 0.9.15 where that is asked for', () => {
    const extension = testDriver('deploymentUpdate', 'queued', { extension: true }).definition;
    expect(ordered(new Schemas([...upstream, extension], true).collection(urls))).to.deep.equal(ordered(recorded));
  });

  it('keep every field, default and option of 0.9.15 else', () => {
    const { data } = ordered(new Schemas(upstream, false).collection(urls)) as { data: Schema[] };
    for (const { id, resourceFields } of recorded.data) {
      const ours = data.find((schema) => schema.id === id)?.resourceFields ?? {};
      for (const [name, { options = [], ...field }] of Object.entries(resourceFields)) {
        expect(ours[name], `${id}.${name}`).to.deep.include(field);
        expect(ours[name]?.options ?? [], `${id}.${name}`).to.include.members(options);
      }
    }
  });

  it('have every type that an action takes or gives', () => {
    const { data } = ordered(new Schemas(upstream, false).collection(urls)) as { data: Schema[] };
    const ids = data.map(({ id }) => id);
    for (const { resourceActions = {}, collectionActions = {} } of data) {
      for (const { input, output } of Object.values({ ...resourceActions, ...collectionActions })) {
        if (input !== undefined) expect(ids).to.include(input);
        if (output !== 'collection') expect(ids).to.include(output);
      }
    }
  });

  it('need no project and ask Rancher nothing', async () => {
    const { status, json } = await api.send('/v1-webhooks/schemas');
    expect(status).to.equal(200);
    expect(json).to.include({ type: 'collection', resourceType: 'schema' });
    expect(api.rancher.calls).to.have.length(0);
  });

  it('name where deliveries and targets are, and what they take', async () => {
    for (const [id, pluralName] of [
      ['delivery', 'deliveries'],
      ['target', 'targets'],
    ]) {
      const { json } = await api.send(`/v1-webhooks/schemas/${id}`);
      const collection = `${api.url}/v1-webhooks/${pluralName}`;
      expect(json).to.deep.include({ id, pluralName, links: { collection, self: `${api.url}/v1-webhooks/schemas/${id}` } });
      for (const { input } of Object.values(json['resourceActions'] as Record<string, { input?: string }>)) {
        if (input !== undefined) expect((await api.send(`/v1-webhooks/schemas/${input}`)).json).to.include({ id: input });
      }
    }
  });

  it('are found by their id in any case', async () => {
    const { json } = await api.send('/v1-webhooks/schemas/RECEIVER');
    expect(json['id']).to.equal('receiver');
    expect(json['links']).to.include({ self: `${api.url}/v1-webhooks/schemas/receiver` });
  });

  it('answer an unknown id with 200 and hardly anything', async () => {
    for (const id of ['nonsense', '__proto__', 'a%20b', '%3Cscript%3E']) {
      const { status, json } = await api.send(`/v1-webhooks/schemas/${id}`);
      const self = `${api.url}/v1-webhooks/schemas/${decodeURIComponent(id)}`;
      expect([status, json]).to.deep.equal([200, { actions: {}, links: { self } }]);
    }
  });
});

describe('WEBHOOK_LEGACY_SCHEMAS', () => {
  it('shows exactly the resource of the Go service', async () => {
    const api = await startApi({
      legacy: true,
      drivers: [testDriver('inline', 'inline'), testDriver('ours', 'queued', { extension: true })],
    });
    try {
      const { json } = await api.create({ name: 'a', driver: 'inline' });
      expect(json).to.have.keys('actions', 'driver', 'id', 'inlineConfig', 'links', 'name', 'state', 'type', 'url');
      expect(json['actions']).to.deep.equal({});
      expect((await api.act(String(json['id']), 'pause')).json).not.to.have.property('paused');
    } finally {
      await api.stop();
    }
  });
});
