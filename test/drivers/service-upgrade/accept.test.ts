import { expect } from 'chai';
import * as fc from 'fast-check';
import { serviceUpgrade } from '../../../src/drivers/service-upgrade/index.ts';
import { matchesPattern } from '../../../src/drivers/service-upgrade/matches-pattern.ts';
import type { DriverConfig } from '../../../src/framework/driver.ts';
import { ServiceError } from '../../../src/framework/errors.ts';
import { payloadFormats } from '../../../src/payloads/index.ts';
import { FakeRancher } from '../../support/fake-rancher.ts';
import { refusal } from '../../support/refusal.ts';
import { deliveryRequest } from '../../support/run-driver.ts';

const driver = serviceUpgrade({ rancher: new FakeRancher(), formats: payloadFormats });
const good = { serviceSelector: { app: 'web' }, tag: 'latest', batchSize: 1, intervalMillis: 2 };

function push(tag: string, name = 'acme/web'): unknown {
  return { push_data: { tag, pushed_at: 1417566822 }, repository: { repo_name: name } };
}

function invalidTag(tag: string): string {
  return `Invalid tag ${tag}, tag length must be < 128, must contain [a-zA-Z0-9.-_] characters only, cannot start with '.' or '-'`;
}

const validation: readonly (readonly [config: DriverConfig, text: string])[] = [
  [{}, 'Service selectors not provided'],
  [{ ...good, serviceSelector: {}, tag: '' }, 'Service selectors not provided'],
  [{ ...good, tag: '', batchSize: 0 }, 'Tag not provided'],
  [{ ...good, tag: '.bad' }, invalidTag('.bad')],
  [{ ...good, tag: '-bad' }, invalidTag('-bad')],
  [{ ...good, tag: 'a b' }, invalidTag('a b')],
  [{ ...good, tag: 'a\n' }, invalidTag('a\n')],
  [{ ...good, tag: 'x'.repeat(129) }, invalidTag('x'.repeat(129))],
  [{ ...good, batchSize: 0, intervalMillis: 0 }, 'Batch size for upgrade not provided/invalid'],
  [{ ...good, intervalMillis: -1 }, 'Batch interval for upgrade not provided/invalid'],
  [{ ...good, repository: 'acme/WEB' }, 'Invalid repository acme/WEB'],
  [{ ...good, tagPattern: 'v?' }, 'Invalid tagPattern v?'],
  [{ ...good, finishTimeoutSeconds: -1 }, 'Invalid finishTimeoutSeconds'],
  [{ ...good, onFailure: 'panic' }, 'Invalid onFailure panic'],
];

const valid: readonly DriverConfig[] = [
  good,
  { ...good, tag: 'x'.repeat(128), payloadFormat: 'nope', addressType: 'nope' },
  { ...good, tag: '', tagPattern: 'v*' },
  { ...good, repository: 'registry.example.com:5000/team/web', onFailure: 'rollback', finishTimeoutSeconds: 600 },
];

const refusals: readonly (readonly [body: string, text: string])[] = [
  ['', 'No Payload recevied from webhook'],
  ['null', 'No Payload recevied from webhook'],
  ['[]', 'Body should be of type map[string]interface{}'],
  ['"x"', 'Body should be of type map[string]interface{}'],
  ['{', 'Error unmarshalling request body in Execute handler: unexpected end of JSON input'],
  ['x', "Error unmarshalling request body in Execute handler: invalid character 'x' looking for beginning of value"],
  ['['.repeat(65), 'Error unmarshalling request body in Execute handler: exceeded max depth'],
  ['{}', 'Incomplete webhook response provided'],
];

describe('serviceUpgrade, config', () => {
  for (const [config, text] of validation) {
    it(`does not validate ${JSON.stringify(config).slice(0, 100)}: ${text.slice(0, 60)}`, async () => {
      await refusal(() => driver.validate(config, '1a5'), 400, text);
    });
  }

  for (const config of valid) {
    it(`validates ${JSON.stringify(config).slice(0, 100)}`, () => driver.validate(config, '1a5'));
  }
});

describe('serviceUpgrade, deliveries', () => {
  for (const [body, text] of refusals) {
    it(`refuses ${JSON.stringify(body.slice(0, 20))}: ${text}`, async () => {
      await refusal(() => driver.accept(deliveryRequest(body), good), 400, text);
    });
  }

  it('refuses a push where an empty selector was stored: it would upgrade every service', async () => {
    const { serviceSelector: _, ...stored } = good;
    await refusal(() => driver.accept(deliveryRequest(push('latest')), stored), 400, 'Service selectors not provided');
  });

  it('reads a format that it does not know as Docker Hub', () => {
    for (const payloadFormat of ['', 'dockerhub', 'nope']) {
      const acceptance = driver.accept(deliveryRequest(push('latest')), { ...good, payloadFormat });
      expect(acceptance.kind === 'accepted' && acceptance.events[0]?.image).to.equal('acme/web:latest');
    }
  });

  it('hands the kind of address on to the format', () => {
    const body = { push_data: { tag: 'latest' }, repository: { repo_full_name: 'ns/web', region: 'cn-hangzhou' } };
    const config = { ...good, payloadFormat: 'alicloud', addressType: 'registry-vpc' };
    const acceptance = driver.accept(deliveryRequest(body), config);
    expect(acceptance.kind === 'accepted' && acceptance.events[0]?.image).to.equal(
      'registry-vpc.cn-hangzhou.aliyuncs.com/ns/web:latest',
    );
  });

  /** [fields of the config, tag, repository, the reason to ignore it] */
  const matches: readonly (readonly [DriverConfig, string, string, string?])[] = [
    [{}, 'latest', 'acme/web'],
    [{}, 'LATEST', 'acme/web', 'tag LATEST is not latest'],
    [{}, 'dev', 'acme/web', 'tag dev is not latest'],
    [{ tag: '', tagPattern: 'v1.*' }, 'v1.2', 'acme/web'],
    [{ tag: '', tagPattern: 'v1.*' }, 'v2.0', 'acme/web', 'tag v2.0 is not v1.*'],
    [{ tagPattern: 'v*' }, 'latest', 'acme/web'],
    [{ tagPattern: 'v*' }, 'dev', 'acme/web', 'tag dev is not latest or v*'],
    [{ tagPattern: 'v*' }, 'v1/../x', 'acme/web', 'tag v1/../x is not latest or v*'],
    [{ repository: 'acme/web' }, 'latest', 'acme/web'],
    [{ repository: 'docker.io/library/nginx' }, 'latest', 'nginx'],
    [{ repository: 'index.docker.io/acme/web' }, 'latest', 'acme/web'],
    [
      { repository: 'acme/api' },
      'latest',
      'acme/web',
      "the push is of docker.io/acme/web, and the receiver's repository is acme/api",
    ],
    [
      { repository: 'acme/web' },
      'latest',
      'quay.io/acme/web',
      "the push is of quay.io/acme/web, and the receiver's repository is acme/web",
    ],
  ];
  for (const [fields, tag, name, reason] of matches) {
    it(`${reason === undefined ? 'accepts' : 'ignores'} ${name}:${tag} with ${JSON.stringify(fields)}`, () => {
      const acceptance = driver.accept(deliveryRequest(push(tag, name)), { ...good, ...fields });
      if (reason === undefined) expect(acceptance.kind).to.equal('accepted');
      else expect(acceptance).to.deep.equal({ kind: 'ignored', reason });
    });
  }

  it('accepts, ignores or refuses whatever JSON comes', () => {
    fc.assert(
      fc.property(fc.json(), fc.constantFrom('dockerhub', 'alicloud', 'azure'), (body, payloadFormat) => {
        try {
          driver.accept(deliveryRequest(body), { ...good, payloadFormat });
        } catch (thrown) {
          expect(thrown).to.be.instanceOf(ServiceError);
        }
      }),
    );
  });
});

describe('matchesPattern', () => {
  const rows: readonly (readonly [text: string, pattern: string, matches: boolean])[] = [
    ['v1', 'v1', true],
    ['v1', 'v', false],
    ['', '*', true],
    ['v1.2.3', 'v*.*', true],
    ['v1', 'v*.*', false],
    ['aba', 'ab*ba', false],
    ['abba', 'ab*ba', true],
    ['a-b-c', '*-b-*', true],
    ['abc', 'a**c', true],
    ['v1', '*.*', false],
  ];
  for (const [text, pattern, matches] of rows) {
    it(`${text} ${matches ? 'is' : 'is not'} ${pattern}`, () => expect(matchesPattern(text, pattern)).to.equal(matches));
  }

  it('agrees with a regular expression', () => {
    const short = fc.array(fc.constantFrom('a', 'b', '*'), { maxLength: 8 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(short, short, (text, pattern) => {
        const regex = new RegExp(`^${pattern.replaceAll('*', '.*')}$`);
        expect(matchesPattern(text, pattern)).to.equal(regex.test(text));
      }),
      { numRuns: 2000 },
    );
  });
});
