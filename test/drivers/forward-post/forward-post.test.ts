import { expect } from 'chai';
import * as fc from 'fast-check';
import { forwardTarget } from '../../../src/drivers/forward-post/forward-target.ts';
import { forwardPost } from '../../../src/drivers/forward-post/index.ts';
import type { ForwardPostMode } from '../../../src/drivers/forward-post/definition.ts';
import { ServiceError } from '../../../src/framework/errors.ts';
import { RancherError } from '../../../src/rancher/rancher-error.ts';
import { FakeRancher, type FakeRancherOptions } from '../../support/fake-rancher.ts';
import { refusal } from '../../support/refusal.ts';
import { deliveryRequest, runDriver } from '../../support/run-driver.ts';

const config = { projectId: '1a5', serviceName: 'pipeline', port: '60080', path: '/v1/hook' };
const proxy = { creatable: ['serviceProxy'], created: { url: 'ws://host:8080/v1/container-proxy/', token: 'a+b' } };

function driverOn(options: FakeRancherOptions, mode: ForwardPostMode = 'auto') {
  const rancher = new FakeRancher(options);
  return { rancher, driver: forwardPost({ rancher, forwardPost: mode }) };
}

describe('forwardPost', () => {
  it('posts to the container through /r/projects as on record, where there is no serviceProxy', async () => {
    const { rancher, driver } = driverOn({});
    const { results } = await runDriver(driver, config, deliveryRequest('{"hello":"world"}'));
    expect(rancher.writes).to.deep.equal([['forward /r/projects/1a5/pipeline:60080/v1/hook', '{"hello":"world"}']]);
    expect(results).to.deep.equal([{ outcome: 'succeeded', message: 'pipeline:60080/v1/hook answered 200' }]);
  });

  it('posts through a service proxy where there is one, with its token alone', async () => {
    const { rancher, driver } = driverOn(proxy);
    await runDriver(driver, config, deliveryRequest('x', { query: 'a=1' }));
    expect(rancher.writes).to.deep.equal([
      ['create serviceProxy', { service: 'pipeline', port: 60080, scheme: 'http' }],
      ['forwardOut http://host:8080/v1/container-proxy/v1/hook?token=a%2Bb&a=1', 'x'],
    ]);
  });

  it('takes the service proxy without asking if it has to', async () => {
    const { rancher, driver } = driverOn({ created: { url: 'https://host/container-proxy', token: 't' } }, 'proxy');
    await runDriver(driver, { ...config, port: '6443' });
    expect(rancher.calls.map(({ verb }) => verb)).to.deep.equal(['create', 'forwardOut']);
    expect(rancher.calls[0]?.body).to.include({ scheme: 'https' });
  });

  it('refuses a service proxy without an address', async () => {
    for (const created of [{}, { url: 'nowhere', token: 't' }, { url: 'http://host' }]) {
      const { driver } = driverOn({ ...proxy, created });
      await refusal(() => runDriver(driver, config), 500, 'Rancher gave no address of a service proxy');
    }
  });

  it("passes on the container's status and text", async () => {
    const answer = { status: 502, text: 'upstream said no' };
    await refusal(() => runDriver(driverOn({ answer }).driver, config), 502, 'upstream said no');
    await refusal(() => runDriver(driverOn({ ...proxy, answer }).driver, config), 502, 'upstream said no');
  });

  it('answers 500 where Rancher does not', async () => {
    const away = driverOn({
      fault: ({ verb }) => (verb === 'forward' ? new RancherError('unreachable', 'POST /r/x: ECONNRESET') : undefined),
    });
    await refusal(() => runDriver(away.driver, config), 500, 'POST /r/x: ECONNRESET');
    const blind = driverOn({ fault: () => new RancherError('schemas', '?') });
    await refusal(() => runDriver(blind.driver, config), 500, 'Error in creating API client');
  });

  it('forwards to no other project, neither made nor stored that way', async () => {
    const { rancher, driver } = driverOn(proxy);
    const text = 'Cannot forward to another project';
    await refusal(() => driver.validate({ ...config, projectId: '1a7' }, '1a5'), 400, text);
    await refusal(() => runDriver(driver, { ...config, projectId: '1a5/../1a7' }), 400, text);
    expect(rancher.calls).to.deep.equal([]);
  });

  it('validates anything else, as the Go service does', async () => {
    for (const one of [{}, { projectId: '1a5' }, { ...config, port: 'x', path: '..', serviceName: '' }]) {
      await driverOn({}).driver.validate(one, '1a5');
    }
  });

  it('lets the posts of two deliveries run at once', async () => {
    const { driver } = driverOn({});
    expect(driver.exclusive?.(config, '1a5')).to.equal(undefined);
    const { plan } = await runDriver(driver, config);
    expect(plan.actions[0]?.target).to.equal('rancher/1a5/forward/pipeline:60080/d1');
  });

  it('withholds credentials and what is about the connection', async () => {
    const headers = {
      'content-type': 'text/plain',
      'x-github-event': 'push',
      'user-agent': 'hub',
      'keep-me': 'no',
      connection: 'keep-me, close',
      host: 'r',
      'content-length': '1',
      'transfer-encoding': 'chunked',
      upgrade: 'h2c',
      te: 'trailers',
      cookie: 'token=1',
      authorization: 'Basic x',
      'proxy-authorization': 'Basic x',
      'x-api-project-id': '1a5',
      'x-forwarded-for': '10.0.0.1',
      forwarded: 'for=10.0.0.1',
    };
    const { rancher, driver } = driverOn({});
    await runDriver(driver, config, deliveryRequest('x', { headers }));
    expect(rancher.calls.at(-1)?.headers).to.deep.equal({
      'content-type': 'text/plain',
      'x-github-event': 'push',
      'user-agent': 'hub',
    });
  });
});

describe('forwardTarget', () => {
  const paths: readonly (readonly [path: string, expected: string, query?: string])[] = [
    ['', '/'],
    ['/', '/'],
    ['v1', '/v1'],
    ['//v1//hook/', '/v1/hook/'],
    ['/a/./b/.', '/a/b/'],
    ['/a b/ü%2Fc/100%', '/a%20b/%C3%BC%2Fc/100%25'],
    ['/a#b', '/a%23b'],
    ['/hook?a=1&b= 2', '/hook', 'a=1&b=%202'],
    ['/...', '/...'],
  ];
  for (const [path, expected, query = ''] of paths) {
    it(`makes ${expected} of ${JSON.stringify(path)}`, () => {
      const target = forwardTarget({ ...config, path }, '');
      expect([target.path, target.query]).to.deep.equal([expected, query]);
    });
  }

  it("puts the delivery's query behind that of the path", () => {
    expect(forwardTarget({ ...config, path: '/x?a=1' }, 'b=2#c').query).to.equal('a=1&b=2%23c');
  });

  const refused: readonly (readonly [field: string, values: readonly string[]])[] = [
    ['serviceName', ['', '.', '..', 'a/b', 'a:80', 'a..b', 'a%2fb', 'a b', 'a?b', 'ü', '../x']],
    ['port', ['', '0', '65536', '80x', '-1', '1e3', '100000', ' 80', '８０']],
    [
      'path',
      [
        '..',
        '/..',
        '/a/../b',
        '/a/..',
        '/%2e%2e/b',
        '/.%2E/b',
        '/%252e%252e/',
        '/a%2f..%2fb',
        '/a\\..\\b',
        '/a%5c..',
        '/a\nb',
        '/a%0ab',
        '/%00',
        '/x?a=\r\n',
      ],
    ],
  ];
  for (const [field, values] of refused) {
    for (const value of values) {
      it(`refuses the ${field} ${JSON.stringify(value)}`, () => {
        expect(() => forwardTarget({ ...config, [field]: value }, '')).to.throw(
          ServiceError,
          `Invalid ${field} ${JSON.stringify(value)}`,
        );
      });
    }
  }

  it('never leaves the service, whatever the path', () => {
    const piece = fc.constantFrom(
      '/',
      '.',
      '..',
      '%2e',
      '%2E',
      '%2f',
      '%25',
      '%',
      '\\',
      '?',
      '#',
      'a',
      'ü',
      ';',
      '\ud800',
      '//',
      '%5c',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 10 }), fc.string(), (pieces, query) => {
        try {
          const target = forwardTarget({ ...config, path: pieces.join('') }, query);
          const url = new URL(`http://rancher/r/projects/1a5/pipeline:60080${target.path}?${target.query}`);
          expect(url.pathname.startsWith('/r/projects/1a5/pipeline:60080/')).to.equal(true);
          expect(url.hash).to.equal('');
        } catch (thrown) {
          expect(thrown).to.be.instanceOf(ServiceError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
