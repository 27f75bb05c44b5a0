import { expect } from 'chai';
import * as fc from 'fast-check';
import { toGoJson, wantsHtml } from '../../src/api/representation.ts';
import { UrlBuilder } from '../../src/api/url-builder.ts';
import { startApi, type TestApi } from '../support/start-api.ts';

const mozilla = 'Mozilla/5.0';

describe('HTML or JSON', () => {
  const rows: readonly [string, Record<string, string>, boolean][] = [
    ['', {}, false],
    ['', { 'user-agent': mozilla }, true],
    ['', { 'user-agent': 'mozilla', accept: 'text/html, */*' }, true],
    ['', { 'user-agent': mozilla, accept: 'text/html' }, false],
    ['', { 'user-agent': mozilla, accept: 'application/json' }, false],
    ['', { 'user-agent': 'curl/8', accept: '*/*' }, false],
    ['_format=html', { 'user-agent': 'curl/8' }, true],
    ['_format=HTML', { accept: 'application/json' }, true],
    ['_format=json', { 'user-agent': mozilla }, false],
    ['_format=xml', { 'user-agent': mozilla }, true],
    ['_format=xml', {}, false],
  ];
  for (const [query, headers, html] of rows) {
    it(`is ${html ? 'HTML' : 'JSON'} for ?${query} and ${JSON.stringify(headers)}`, () =>
      expect(wantsHtml(headers, new URLSearchParams(query))).to.equal(html));
  }
});

describe("Go's JSON", () => {
  it('is one line, sorted at every level, with & < > as they are', () => {
    expect(toGoJson({ b: [{ z: 1, a: '<&>' }], a: { c: null, b: undefined } })).to.equal(
      '{"a":{"c":null},"b":[{"a":"<&>","z":1}]}\n',
    );
  });

  it('escapes the line separators, and has no half characters', () => {
    expect(toGoJson({ a: '\u2028\u2029\ud800x' })).to.equal('{"a":"\\u2028\\u2029\ufffdx"}\n');
  });

  it('holds what any JSON holds, __proto__ included', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(JSON.parse(toGoJson({ value }))).to.deep.equal(JSON.parse(JSON.stringify({ value }).toWellFormed()));
      }),
    );
    expect(toGoJson(JSON.parse('{"__proto__":{"x":1}}'))).to.equal('{"__proto__":{"x":1}}\n');
  });
});

describe('URLs of an answer', () => {
  const path = '/v1-webhooks/receivers';
  const rows: readonly [string, Record<string, string>, string][] = [
    ['Host alone', { host: 'h:8085' }, 'http://h:8085'],
    ['X-Forwarded-Proto', { host: 'h', 'x-forwarded-proto': 'https' }, 'https://h'],
    ['X-Forwarded-Host', { host: 'h', 'x-forwarded-proto': 'https', 'x-forwarded-host': 'a' }, 'https://a'],
    ['a list', { host: 'h', 'x-forwarded-proto': ' https , http', 'x-forwarded-host': 'a, b' }, 'https://a'],
    ['a port', { host: 'h', 'x-forwarded-proto': 'http', 'x-forwarded-port': '8080' }, 'http://h:8080'],
    ['a port in place of another', { host: 'h:1', 'x-forwarded-proto': 'http', 'x-forwarded-port': '8080' }, 'http://h:8080'],
    ['a port of IPv6', { host: '[::1]:1', 'x-forwarded-proto': 'http', 'x-forwarded-port': '8080' }, 'http://[::1]:8080'],
    ['IPv6 without a port', { host: '[::1]', 'x-forwarded-proto': 'http', 'x-forwarded-port': '8080' }, 'http://[::1]:8080'],
    [
      '443, which is no port',
      { host: 'h', 'x-forwarded-proto': 'https', 'x-forwarded-host': 'a:8443', 'x-forwarded-port': '443' },
      'https://a:8443',
    ],
    ['80 under https', { host: 'h:5', 'x-forwarded-proto': 'https', 'x-forwarded-port': '80' }, 'https://h:5'],
    ['no X-Forwarded-Proto', { host: 'h', 'x-forwarded-host': 'a', 'x-forwarded-port': '99' }, 'http://h'],
    ['X-API-request-url', { host: 'h', 'x-api-request-url': `https://r${path}?a=b` }, 'https://r'],
    [
      'X-API-request-url before all',
      { host: 'h', 'x-forwarded-proto': 'http', 'x-api-request-url': `https://r${path}, x` },
      'https://r',
    ],
    ['X-API-request-url with a prefix', { host: 'h', 'x-api-request-url': `https://r/in/side${path}` }, 'https://r/in/side'],
    ['X-API-request-url with the path twice', { host: 'h', 'x-api-request-url': `https://r${path}${path}` }, `https://r${path}`],
    ['X-API-request-url of another path', { host: 'h', 'x-api-request-url': 'https://r:1/other' }, 'https://r:1'],
    [
      'what never matters',
      { host: 'h', forwarded: 'host=a', 'x-forwarded-for': 'b', 'x-forwarded-prefix': '/c', referer: 'http://d' },
      'http://h',
    ],
  ];
  for (const [name, headers, base] of rows) {
    it(`follow ${name}`, () => expect(new UrlBuilder(headers, path).base).to.equal(base));
  }

  it('keep the path as it was asked for, and the project as it is', () => {
    const urls = new UrlBuilder({ host: 'h' }, `${path}/`);
    expect(urls.currentWithProject('a&b')).to.equal(`http://h${path}/?projectId=a&b`);
    expect(urls.receiver('1go1', '1a5')).to.equal('http://h/v1-webhooks/receivers/1go1?projectId=1a5');
    expect(urls.collection('apiVersions')).to.equal('http://h/v1-webhooks/apiversions');
  });

  it('are those of a plain Host whatever else the headers say about it', () => {
    const host = fc.domain();
    fc.assert(
      fc.property(host, fc.nat(65_535), fc.string(), (name, port, noise) => {
        const urls = new UrlBuilder({ host: `${name}:${port}`, 'x-forwarded-host': noise, 'x-forwarded-port': noise }, path);
        expect(urls.base).to.equal(`http://${name}:${port}`);
        expect(urls.current).to.equal(`http://${name}:${port}${path}`);
      }),
    );
  });
});

describe('the page for browsers', () => {
  let api: TestApi;
  before(async () => {
    api = await startApi({ legacy: true });
  });
  after(() => api.stop());

  it("is go-rancher's, byte for byte", async () => {
    const { text, headers } = await api.send('/v1-webhooks?projectId=1a5&_format=html');
    const data = `{"actions":{},"links":{"receivers":"${api.url}/v1-webhooks/receivers?projectId=1a5","schemas":"${api.url}/v1-webhooks/schemas?projectId=1a5","self":"${api.url}/v1-webhooks?projectId=1a5"},"type":"apiVersion"}`;
    expect(headers['content-type']).to.equal('text/html; charset=utf-8');
    expect(text).to.equal(
      [
        '<!DOCTYPE html>',
        '<!-- If you are reading this, there is a good chance you would prefer sending an',
        '"Accept: application/json" header and receiving actual JSON responses. -->',
        '<link rel="stylesheet" type="text/css" href="https://releases.rancher.com/api-ui/1.0.5/ui.css" />',
        '<script src="https://releases.rancher.com/api-ui/1.0.5/ui.js"></script>',
        '<script>',
        "var curlUser='${RANCHER_ACCESS_KEY}:${RANCHER_SECRET_KEY}';",
        `var schemas="${api.url}/v1-webhooks/schemas";`,
        '//var docs = "http://url-to-your-docs/site";',
        '//BEFORE DATA',
        'var data = ',
        data,
        ';',
        '</script>',
      ].join('\n'),
    );
  });

  const hostile = [
    '</script><script>alert(1)</script>',
    '";alert(1);//',
    '\\";alert(1);//',
    "'-alert(1)-'",
    '<!--<script>',
    '${alert(1)}',
    '\u2028alert(1)',
    'a\tb',
    '\u00ff\u00e9',
    'x" onload="alert(1)',
  ];
  for (const text of hostile) {
    it(`holds ${JSON.stringify(text)} as text, wherever it came from`, async () => {
      const latin = Buffer.from(text).toString('latin1');
      for (const headers of [
        { 'X-Forwarded-Proto': latin },
        { 'X-Forwarded-Proto': 'http', 'X-Forwarded-Host': latin },
        { 'X-Forwarded-Proto': 'http', 'X-Forwarded-Port': latin },
        { 'X-API-request-url': `http://h/${latin}/v1-webhooks/schemas/receiver` },
        { 'X-API-request-url': latin },
        { Host: 'h' },
      ]) {
        const answer = await api.send(`/v1-webhooks/schemas/receiver?_format=html&projectId=${encodeURIComponent(text)}`, {
          headers,
        });
        const [, schemas = '', data = ''] =
          /\nvar schemas=(.*);\n[^]*\nvar data = \n([^]*)\n;\n<\/script>$/.exec(answer.text) ?? [];
        expect(JSON.parse(schemas)).to.be.a('string');
        expect(JSON.parse(data)).to.be.an('object');
        expect(schemas + data).not.to.match(/[<>\u2028\u2029]/);
        for (const [name, value] of Object.entries(answer.headers))
          expect(`${name}: ${String(value)}`).to.match(/^[\u0020-\u007e]*$/);
      }
    });
  }

  it('is sent for errors too, and holds what the caller sent as text', async () => {
    const { text, status } = await api.create(
      { name: 'a', driver: '</script><img src=x>' },
      { headers: { 'User-Agent': mozilla, Accept: '*/*' } },
    );
    expect(status).to.equal(400);
    expect(text).to.include('Invalid driver \\u003c/script\\u003e\\u003cimg src=x\\u003e').and.not.to.include('<img');
  });
});
