import { expect } from 'chai';
import * as fc from 'fast-check';
import { ServiceError } from '../../src/framework/errors.ts';
import { isJsonObject, type JsonObject } from '../../src/framework/json.ts';
import type { PayloadContents } from '../../src/framework/payload-format.ts';
import { readPayload } from '../../src/framework/read-payload.ts';
import { payloadFormats } from '../../src/payloads/index.ts';
import { expectedEvents, type PayloadSample, payloadSamples } from '../support/payload-samples.ts';
import { threadTime } from '../support/thread-time.ts';

function flat({ events, ignored }: PayloadContents): Record<string, unknown>[] {
  const all = [...events.map((event) => ({ outcome: 'deploy', ...event })), ...ignored];
  return all.map((event) => ({ registry: null, digest: null, ...event }));
}

function recognising(body: JsonObject, headers: Readonly<Record<string, string>>): string[] {
  return payloadFormats.all.filter((format) => format.recognises(body, headers)).map(({ id }) => id);
}

/** Each body as it is, and as it may have been cut and bent on its way: parts left out or replaced. */
const bent: fc.Arbitrary<readonly [PayloadSample, JsonObject]> = fc
  .tuple(
    fc.constantFrom(...payloadSamples),
    fc.array(fc.tuple(fc.nat(), fc.option(fc.jsonValue(), { nil: undefined })), { maxLength: 6 }),
  )
  .map(([sample, changes]) => {
    const body = structuredClone(sample.body);
    for (const [at, value] of changes) bend(body, at, value);
    return [sample, body];
  });

/** Every part of a body, by the object that has it and its name. */
function placesIn(root: JsonObject): [JsonObject, string][] {
  const places: [JsonObject, string][] = [];
  const visit = (part: unknown): void => {
    if (Array.isArray(part)) part.forEach(visit);
    else if (isJsonObject(part)) {
      for (const [key, inner] of Object.entries(part)) {
        places.push([part, key]);
        visit(inner);
      }
    }
  };
  visit(root);
  return places;
}

/** Replaces the part that a number leads to, or takes it away for undefined. */
function bend(root: JsonObject, number: number, value: unknown): void {
  const places = placesIn(root);
  const [owner, key] = places[number % Math.max(places.length, 1)] ?? [];
  if (owner === undefined || key === undefined) return;
  if (value === undefined) delete owner[key];
  else owner[key] = value;
}

describe('the samples of registries', () => {
  it('are the 24 that are known', () => expect(payloadSamples).to.have.length(24));

  for (const sample of payloadSamples) {
    const { name, body, headers, expected } = sample;
    it(`${name}: ${expected.outcome}`, () => {
      for (const sent of [{}, headers]) {
        expect(recognising(body, sent)).to.have.length(1);
        const found = flat(readPayload(payloadFormats, 'auto', body, sent));
        const wanted = expectedEvents(sample);
        const relevant = found.filter(({ outcome }) => outcome === expected.outcome);
        expect(relevant).to.have.length(wanted.length);
        wanted.forEach((event, index) => expect(relevant[index]).to.include(event));
        if (expected.outcome !== 'deploy') expect(found).to.have.length(relevant.length);
      }
    });
  }

  it('are each recognised by one format at most, whatever is missing or wrong in them', () => {
    fc.assert(
      fc.property(bent, fc.boolean(), ([{ headers }, body], withHeaders) => {
        expect(recognising(body, withHeaders ? headers : {}).length).to.be.at.most(1);
      }),
      { numRuns: 5000 },
    );
  });

  it('are read, ignored or refused by every format, and never end it otherwise', () => {
    const names = ['auto', ...payloadFormats.all.map(({ id }) => id)];
    fc.assert(
      fc.property(bent, fc.constantFrom(...names), fc.boolean(), ([{ headers }, body], name, strict) => {
        try {
          const { events, ignored } = readPayload(payloadFormats, name, body, headers, {
            imagePath: '$.data.repository',
            strict,
          });
          expect(events.length + ignored.length).to.be.greaterThan(0);
          for (const event of events) {
            expect(event.tag).to.be.a('string').and.not.equal('');
            expect(event.repository).to.be.a('string');
            expect(event.image.endsWith(`:${event.tag}`)).to.equal(true);
          }
          for (const { reason } of ignored) expect(reason.length).to.be.within(5, 500);
        } catch (thrown) {
          expect(thrown).to.be.instanceOf(ServiceError).with.property('code', 'InvalidPayload');
        }
      }),
      { numRuns: 10_000 },
    );
  });

  it('are told of without a hole where a name is missing', () => {
    for (const { name, body } of payloadSamples) {
      for (let number = 0; number < placesIn(body).length; number += 1) {
        const cut = structuredClone(body);
        bend(cut, number, undefined);
        for (const { id } of payloadFormats.all) {
          try {
            const { ignored } = readPayload(payloadFormats, id, cut, {}, { imagePath: '$.none' });
            for (const { reason } of ignored) expect(reason, `${name} as ${id}`).to.not.match(/ {2}| $| ,/);
          } catch (thrown) {
            if (!(thrown instanceof ServiceError)) throw thrown;
          }
        }
      }
    }
  });

  const long = 500_000;
  const published = (id: string): JsonObject => ({ context: { type: 'dev.cdevents.artifact.published.1' }, subject: { id } });
  const hostile: Readonly<Record<string, JsonObject>> = {
    'many events': { events: Array.from({ length: 15_000 }, () => ({ action: 'push', target: { repository: 'r', tag: '1' } })) },
    'many tags': { docker_url: 'quay.io/a/b', updated_tags: Array.from({ length: 100_000 }, (_, index) => `t${index}`) },
    'a long tag': { image: `acme/web:${'a'.repeat(long)}` },
    'a long name': { image: `${'a/'.repeat(long / 2)}b:1` },
    'a long host': { docker_url: `http://${'h'.repeat(long)}/a`, updated_tags: ['1'] },
    'a long page': { push_data: { tag: '1' }, repository: { repo_url: `https://${'docker.com/r'.repeat(long / 12)}` } },
    'a long package URL': published(`pkg:oci/x?repository_url=a${'/'.repeat(long)}b`),
    'a package URL of slashes': published(`pkg:${'/'.repeat(long)}`),
    'many qualifiers': published(`pkg:oci/x?${'a=b&'.repeat(long / 4)}`),
    'a long time': {
      events: [{ action: 'push', timestamp: `2020-01-01T00:00${' 1'.repeat(long / 2)}`, target: { repository: 'r', tag: '1' } }],
    },
    'a long type': { specversion: '1.0', type: 'a.'.repeat(long / 2), data: { image: 'x:1' } },
    'a long media type': { push_data: { tag: '1', media_type: 'a/'.repeat(long / 2) }, repository: { repo_name: 'a/b' } },
  };
  for (const [name, body] of Object.entries(hostile)) {
    it(`do not hold the process up by ${name}`, () => {
      const took = threadTime(() => {
        try {
          const { events } = readPayload(payloadFormats, 'auto', body, {});
          expect(events.length).to.be.at.most(1000);
        } catch (thrown) {
          expect(thrown).to.be.instanceOf(ServiceError);
        }
      });
      expect(took, 'milliseconds').to.be.lessThan(500);
    });
  }

  it('and headers of any kind do neither', () => {
    const header = fc.constantFrom(
      'ce-type',
      'ce-specversion',
      'x-github-event',
      'x-nexus-webhook-id',
      'x-gitea-event',
      'x-jfrog-event',
      'x-amz-sns-message-type',
      'x-goog-pubsub-subscription-name',
      'content-type',
    );
    const text = fc.oneof(
      fc.constantFrom('ping', 'dev.cdevents.artifact.published.0.2.0', 'harbor.artifact.pushed'),
      fc.string(),
    );
    fc.assert(
      fc.property(bent, fc.dictionary(header, text), ([, body], headers) => {
        expect(recognising(body, headers).length).to.be.at.most(1);
        try {
          readPayload(payloadFormats, 'auto', body, headers);
        } catch (thrown) {
          expect(thrown).to.be.instanceOf(ServiceError);
        }
      }),
      { numRuns: 3000 },
    );
  });
});
