import { expect } from 'chai';
import * as fc from 'fast-check';
import { ServiceError } from '../../src/framework/errors.ts';
import type { PayloadOptions } from '../../src/framework/payload-format.ts';
import { readPayload } from '../../src/framework/read-payload.ts';
import { payloadFormats } from '../../src/payloads/index.ts';
import { payloadSamples } from '../support/payload-samples.ts';

const digest = `sha256:${'a'.repeat(64)}`;

function target(tag: string): object {
  return { mediaType: 'application/vnd.docker.distribution.manifest.v2+json', digest, repository: 'web', tag };
}

/** An event in Event Grid's own schema. */
function gridEvent(eventType: string, data: object): object {
  const topic = '/subscriptions/s/resourceGroups/r/providers/Microsoft.ContainerRegistry/registries/acme';
  return { id: 'e', topic, subject: 'web:1', eventType, eventTime: '2018-04-25T21:39:47.6Z', data, dataVersion: '1.0' };
}

function cloudEvent(type: string, data: object): object {
  return { specversion: '1.0', id: '1', source: '/ci', type, data };
}

function read(name: string, list: readonly unknown[], options: PayloadOptions = {}) {
  const { format, events, ignored } = readPayload(payloadFormats, name, list, {}, options);
  return {
    format,
    deploys: events.map((event) => `${event.registry ?? '?'}/${event.repository}:${event.tag}`),
    ignores: ignored.map(({ reason }) => reason),
  };
}

const request = { host: 'acme.azurecr.io', method: 'PUT' };
const pushed = gridEvent('Microsoft.ContainerRegistry.ImagePushed', { action: 'push', target: target('1'), request });

describe('a body that is a list', () => {
  it('of Event Grid is acted on, each event of it', () => {
    const second = gridEvent('ImagePushed', { action: 'push', target: target('2'), request });
    const deleted = gridEvent('Microsoft.ContainerRegistry.ImageDeleted', { action: 'delete', target: target(''), request });
    for (const name of ['auto', 'azure']) {
      expect(read(name, [pushed, second, deleted])).to.deep.equal({
        format: 'azure',
        deploys: ['acme.azurecr.io/web:1', 'acme.azurecr.io/web:2'],
        ignores: ['an image was deleted'],
      });
    }
  });

  it('of Event Grid gives the id and the time of the envelope where the data has none', () => {
    const [event] = readPayload(payloadFormats, 'auto', [pushed], {}).events;
    expect(event).to.include({ eventId: 'e', pushedAt: Date.UTC(2018, 3, 25, 21, 39, 47, 600) });
  });

  const others: readonly (readonly [name: string, event: object, reason: RegExp])[] = [
    ['a chart', gridEvent('ChartPushed', { action: 'chart_push', target: { repository: 'r', tag: 'mediawiki' } }), /Helm chart/],
    [
      'the validation of a subscription',
      gridEvent('Microsoft.EventGrid.SubscriptionValidationEvent', { validationCode: '1', validationUrl: 'https://x.example' }),
      /open its validationUrl once/,
    ],
    [
      'an event of storage',
      gridEvent('Microsoft.Storage.BlobCreated', { api: 'PutBlob' }),
      /BlobCreated is not one of a registry/,
    ],
  ];
  for (const [name, event, reason] of others) {
    it(`of Event Grid is ignored with ${name}`, () => {
      const found = read('auto', [event]);
      expect(found).to.deep.include({ format: 'azure', deploys: [] });
      expect(found.ignores[0]).to.match(reason);
      // As functions and logic apps pass it on.
      expect(readPayload(payloadFormats, 'auto', event as Record<string, unknown>, {}).ignored[0]?.reason).to.match(reason);
    });
  }

  it('of CloudEvents is read as each of them', () => {
    const batch = [
      cloudEvent('Microsoft.ContainerRegistry.ImagePushed', { action: 'push', target: target('1'), request }),
      cloudEvent('com.example.image.pushed', { image: 'r.example.com/acme/web:2' }),
      cloudEvent('com.example.invoice.paid', {}),
      cloudEvent('harbor.artifact.pushed', { resources: [{ tag: '3', resource_url: 'h.example.com/acme/web:3' }] }),
    ];
    const deploys = ['acme.azurecr.io/web:1', 'r.example.com/acme/web:2', 'h.example.com/acme/web:3'];
    const ignores = ['the event com.example.invoice.paid is not about images'];
    expect(read('auto', batch)).to.deep.equal({ format: 'cloudevents, harbor', deploys, ignores });
    expect(read('cloudevents', batch)).to.deep.equal({ format: 'cloudevents', deploys, ignores });
  });

  it('of CDEvents is read as each of them', () => {
    const event = { context: { type: 'dev.cdevents.artifact.published.0.2.0' }, subject: { id: 'pkg:docker/acme/web@1' } };
    expect(read('auto', [event, event]).deploys).to.deep.equal(['docker.io/acme/web:1', 'docker.io/acme/web:1']);
  });

  it('of any other kind is read by the paths of the receiver', () => {
    const list = [
      { name: 'acme/a', tag: '1' },
      { name: 'acme/b', tag: '2' },
    ];
    const options = { imagePath: '$[*].name', tagPath: '$[*].tag' };
    expect(read('custom', list, options).deploys).to.deep.equal(['docker.io/acme/a:1', 'docker.io/acme/b:2']);
  });

  it('without entries says so', () => {
    for (const name of ['azure', 'cloudevents', 'harbor', 'cdevents']) {
      expect(read(name, []).ignores).to.deep.equal(['there are no events in it']);
    }
  });

  const dockerhub = payloadSamples.find((sample) => sample.name === 'dockerhub')?.body;
  const refused: readonly (readonly [name: string, format: string, list: readonly unknown[], text: RegExp])[] = [
    ['is empty', 'auto', [], /not a JSON object/],
    ['has numbers', 'auto', [1], /not a JSON object/],
    ['has a list', 'auto', [[pushed]], /not a JSON object/],
    ['has null beside an event', 'auto', [pushed, null], /not a JSON object/],
    ['has something unknown beside an event', 'auto', [pushed, { hello: 'world' }], /no known format/],
    ['has bodies of Docker Hub, which sends no lists', 'auto', [dockerhub], /not a JSON object/],
    ['is for a format that sends none', 'dockerhub', [dockerhub], /not a JSON object/],
    ['has null for CloudEvents', 'cloudevents', [null], /entry of the payload is not a JSON object/],
    ['has too many entries', 'auto', Array.from({ length: 1001 }, () => pushed), /1001 entries, and 1000 are the most/],
    ['has too many pushes', 'cdevents', Array.from({ length: 1001 }, () => ({})), /1001 entries, and 1000 are the most/],
  ];
  for (const [name, format, list, text] of refused) {
    it(`is refused if it ${name}`, () => {
      expect(() => read(format, list))
        .to.throw(ServiceError, text)
        .with.property('code', 'InvalidPayload');
    });
  }

  const many = <Entry>(entry: (index: number) => Entry): Entry[] => Array.from({ length: 1001 }, (_, index) => entry(index));
  const longLists: readonly (readonly [format: string, body: Record<string, unknown>, text: RegExp])[] = [
    ['distribution', { events: many(() => ({ action: 'pull', target: {} })) }, /1001 events/],
    ['harbor', { type: 'PUSH_ARTIFACT', event_data: { resources: many(() => ({})) } }, /1001 artifacts/],
    ['harbor', { event_type: 'deleteImage', events: many(() => ({ repo_name: 'web' })) }, /1001 events/],
    ['quay', { repository: 'acme/web', updated_tags: many(String) }, /1001 tags/],
    ['quay', { repository: 'acme/web', updated_tags: Object.fromEntries(many((index) => [`v${index}`, 'id'])) }, /1001 tags/],
    ['generic', { repository: 'acme/web', tags: many(String) }, /1001 tags/],
  ];
  for (const [format, body, text] of longLists) {
    it(`inside a body of ${format} is refused if it is too long, whether or not it would deploy anything`, () => {
      for (const name of ['auto', format]) {
        expect(() => readPayload(payloadFormats, name, body, {}))
          .to.throw(ServiceError, text)
          .with.property('message')
          .that.matches(/^The payload has 1001 \w+, and 1000 are the most$/);
      }
    });
  }

  it('is read, ignored or refused by every format, and never ends it otherwise', () => {
    const entry = fc.oneof(
      fc.constantFrom<unknown>(pushed, ...payloadSamples.map(({ body }) => body)),
      fc.jsonValue() as fc.Arbitrary<unknown>,
    );
    const names = ['auto', ...payloadFormats.all.map(({ id }) => id)];
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 4 }), fc.constantFrom(...names), (list, name) => {
        try {
          const { deploys, ignores } = read(name, list, { imagePath: '$[*].name' });
          expect(deploys.length + ignores.length).to.be.greaterThan(0);
        } catch (thrown) {
          expect(thrown).to.be.instanceOf(ServiceError).with.property('code', 'InvalidPayload');
        }
      }),
      { numRuns: 3000 },
    );
  });
});
