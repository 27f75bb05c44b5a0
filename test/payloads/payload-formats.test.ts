import { expect } from 'chai';
import * as fc from 'fast-check';
import { ServiceError } from '../../src/framework/errors.ts';
import type { JsonObject } from '../../src/framework/json.ts';
import type { ImageEvent, PayloadOptions } from '../../src/framework/payload-format.ts';
import { payloadFormats } from '../../src/payloads/index.ts';

const samples: Readonly<Record<string, JsonObject>> = {
  dockerhub: {
    callback_url: 'https://registry.hub.docker.com/u/acme/web/hook/1/',
    push_data: { pushed_at: 1417566161, pusher: 'acme', tag: 'latest' },
    repository: { name: 'web', namespace: 'acme', repo_name: 'acme/web' },
  },
  alicloud: {
    push_data: { digest: `sha256:${'4'.repeat(64)}`, pushed_at: '2016-11-29 12:25:46', tag: 'latest' },
    repository: { name: 'repoTest', namespace: 'ns', region: 'cn-hangzhou', repo_full_name: 'ns/repoTest' },
  },
  azure: {
    id: 'cb8c3971',
    timestamp: '2017-11-17T16:52:01.343145347Z',
    action: 'push',
    target: { digest: `sha256:${'8'.repeat(64)}`, repository: 'hello-world', tag: 'v1' },
    request: { host: 'myregistry.azurecr.io', method: 'PUT' },
  },
};

const wrongParts = [undefined, null, '', 7, true, [], [{}]];
const notObjects = [...wrongParts, 'text'];
const notStrings = [...wrongParts, {}];

type Path = readonly string[];

/** [format, path to a part, what must not stand there, the text of the Go service] */
const refusals: readonly (readonly [format: string, path: Path, wrong: readonly unknown[], text: string])[] = [
  ['dockerhub', ['push_data'], notObjects, 'Incomplete webhook response provided'],
  ['dockerhub', ['push_data', 'tag'], notStrings, 'Webhook response contains no tag'],
  ['dockerhub', ['repository'], notObjects, 'Response provided without repository information'],
  ['dockerhub', ['repository', 'repo_name'], notStrings, 'Response provided without image name'],
  ['alicloud', ['push_data'], notObjects, 'Incomplete Alicloud Docker Hub webhook response provided'],
  ['alicloud', ['push_data', 'tag'], notStrings, 'Alicloud Docker Hub webhook response contains no tag'],
  ['alicloud', ['repository'], notObjects, 'Alicloud Docker Hub response provided without repository information'],
  ['alicloud', ['repository', 'repo_full_name'], notStrings, 'Alicloud Docker Hub response provided without image name'],
  ['alicloud', ['repository', 'region'], notStrings, 'Alicloud Docker Hub response provided without image name'],
  ['azure', ['target'], notObjects, 'Incomplete Azure Container Reigstry webhook response provided'],
  ['azure', ['target', 'tag'], notStrings, 'Azure Container Reigstry webhook response contains no tag'],
  ['azure', ['request'], notObjects, 'Azure Container Reigstry response provided without request information'],
  ['azure', ['target', 'repository'], notStrings, 'Azure Container Reigstry response provided without image name'],
  ['azure', ['request', 'host'], notStrings, 'Azure Container Reigstry response provided without image name'],
];

function sample(id: string): JsonObject {
  return structuredClone(samples[id] ?? {});
}

function format(id: string) {
  return payloadFormats.require(id, 'Internal', (unknown) => `no format ${unknown}`);
}

function eventsOf(id: string, body: JsonObject, options: PayloadOptions = {}): readonly ImageEvent[] {
  return format(id).read(body, {}, options).events;
}

/** The body with another value at the path; undefined takes the part away. */
function withPart(body: JsonObject, [key = '', ...rest]: Path, value: unknown): JsonObject {
  const part = rest.length === 0 ? value : withPart(body[key] as JsonObject, rest, value);
  const { [key]: _, ...others } = body;
  return part === undefined ? others : { ...body, [key]: part };
}

describe('payload formats', () => {
  it('begin with those of the Go service, and cannot be changed', () => {
    expect(payloadFormats.all.map(({ id }) => id).slice(0, 3)).to.deep.equal(['dockerhub', 'alicloud', 'azure']);
    expect(Object.isFrozen(payloadFormats)).to.equal(true);
  });

  for (const id of Object.keys(samples)) {
    it(`tell ${id} from the others`, () => {
      expect(payloadFormats.all.filter((one) => one.recognises(sample(id), {})).map((one) => one.id)).to.deep.equal([id]);
    });
  }

  it('recognise nothing in what is no push', () => {
    const others = [{}, { events: [] }, { push_data: 1, repository: 2 }, { repository: { full_name: 'a/b' } }];
    for (const body of others) expect(payloadFormats.all.some((one) => one.recognises(body, {}))).to.equal(false);
  });

  it('give the event of a Docker Hub push', () => {
    expect(eventsOf('dockerhub', sample('dockerhub'))).to.deep.equal([
      { registry: 'docker.io', repository: 'acme/web', tag: 'latest', pushedAt: 1417566161000, image: 'acme/web:latest' },
    ]);
  });

  it('give the event of an Alibaba Cloud push, its time being that of China', () => {
    expect(eventsOf('alicloud', sample('alicloud'))).to.deep.equal([
      {
        registry: 'registry.cn-hangzhou.aliyuncs.com',
        repository: 'ns/repoTest',
        tag: 'latest',
        digest: `sha256:${'4'.repeat(64)}`,
        pushedAt: Date.UTC(2016, 10, 29, 4, 25, 46),
        image: 'registry.cn-hangzhou.aliyuncs.com/ns/repoTest:latest',
      },
    ]);
    const [event] = eventsOf('alicloud', sample('alicloud'), { addressType: 'registry-vpc' });
    expect(event?.image).to.equal('registry-vpc.cn-hangzhou.aliyuncs.com/ns/repoTest:latest');
  });

  it('give the event of an Azure push', () => {
    expect(eventsOf('azure', sample('azure'))).to.deep.equal([
      {
        registry: 'myregistry.azurecr.io',
        repository: 'hello-world',
        tag: 'v1',
        digest: `sha256:${'8'.repeat(64)}`,
        pushedAt: Date.UTC(2017, 10, 17, 16, 52, 1, 343),
        eventId: 'cb8c3971',
        image: 'myregistry.azurecr.io/hello-world:v1',
      },
    ]);
  });

  const names: readonly (readonly [name: string, registry: string, repository: string])[] = [
    ['nginx', 'docker.io', 'nginx'],
    ['acme/web', 'docker.io', 'acme/web'],
    ['registry.example.com:5000/team/web', 'registry.example.com:5000', 'team/web'],
    ['quay.io/acme/web', 'quay.io', 'acme/web'],
    ['localhost/web', 'localhost', 'web'],
  ];
  for (const [name, registry, repository] of names) {
    it(`tell registry and repository of ${name}`, () => {
      const [event] = eventsOf('dockerhub', withPart(sample('dockerhub'), ['repository', 'repo_name'], name));
      expect(event).to.include({ registry, repository, image: `${name}:latest` });
    });
  }

  const times: readonly (readonly [format: string, path: Path, value: unknown, time: number | undefined])[] = [
    ['dockerhub', ['push_data', 'pushed_at'], 1.417566161e9, 1417566161000],
    ['dockerhub', ['push_data', 'pushed_at'], 1417566161.25, 1417566161250],
    ['dockerhub', ['push_data', 'pushed_at'], undefined, undefined],
    ['dockerhub', ['push_data', 'pushed_at'], '1417566161', undefined],
    ['dockerhub', ['push_data', 'pushed_at'], 1e300, undefined],
    ['alicloud', ['push_data', 'pushed_at'], '2016-13-29 12:25:46', undefined],
    ['alicloud', ['push_data', 'pushed_at'], 'yesterday', undefined],
    ['azure', ['timestamp'], 'yesterday', undefined],
    ['azure', ['timestamp'], undefined, undefined],
  ];
  for (const [id, path, value, time] of times) {
    it(`take ${JSON.stringify(value) ?? 'nothing'} at ${path.join('.')} of ${id} for the time ${time}`, () => {
      expect(eventsOf(id, withPart(sample(id), path, value))[0]?.pushedAt).to.equal(time);
    });
  }

  for (const [id, path, wrong, text] of refusals) {
    it(`refuse ${id} without a usable ${path.join('.')}: ${text}`, () => {
      for (const value of wrong) {
        const body = withPart(sample(id), path, value);
        expect(() => eventsOf(id, body, { strict: true }))
          .to.throw(ServiceError, text)
          .with.property('status', 400);
      }
    });
  }

  for (const [id, body] of Object.entries(samples)) {
    it(`never fail otherwise, whatever stands in a ${id} body`, () => {
      const paths = Object.entries(body).flatMap(([key, part]) => [
        [key],
        ...Object.keys(part as object).map((name) => [key, name]),
      ]);
      fc.assert(
        fc.property(fc.constantFrom(...paths), fc.jsonValue(), fc.jsonValue(), (path, value, addressType) => {
          const mutated = withPart(body, path, value);
          for (const one of payloadFormats.all) one.recognises(mutated, {});
          try {
            const options = typeof addressType === 'string' ? { addressType } : {};
            for (const event of eventsOf(id, mutated, options)) {
              expect(event.image.endsWith(`:${event.tag}`)).to.equal(true);
              expect(event.tag).to.not.equal('');
            }
          } catch (thrown) {
            expect(thrown).to.be.instanceOf(ServiceError);
          }
        }),
        { numRuns: 500 },
      );
    });
  }
});
