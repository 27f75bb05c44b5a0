import { expect } from 'chai';
import type { JsonObject } from '../../src/framework/json.ts';
import { readPayload } from '../../src/framework/read-payload.ts';
import { payloadFormats } from '../../src/payloads/index.ts';

const digest = `sha256:${'a'.repeat(64)}`;

/** What Gitea sends, with other values in its package. */
function event(changes: object = {}, action = 'created'): JsonObject {
  const owner = { id: 1, login: 'Acme', username: 'Acme', html_url: 'https://git.example.com:3000/Acme' };
  const html_url = 'https://git.example.com:3000/Acme/-/packages/container/team%2Fweb/1.2.3';
  const created_at = '2024-05-01T10:00:00Z';
  const pack = { id: 7, owner, creator: owner, type: 'container', name: 'team/web', version: '1.2.3', html_url, created_at };
  return { action, repository: null, package: { ...pack, ...changes }, organization: null, sender: owner };
}

function read(body: JsonObject, headers: Readonly<Record<string, string>> = {}) {
  return readPayload(payloadFormats, 'auto', body, headers);
}

describe('payload format gitea', () => {
  const sent = { 'x-gitea-event': 'package', 'x-gogs-event': 'package', 'x-github-event': 'package' };
  for (const headers of [{}, sent, { ...sent, 'x-forgejo-event': 'package' }]) {
    it(`reads the push of a tag with ${Object.keys(headers).length} headers`, () => {
      expect(read(event(), headers)).to.deep.equal({
        format: 'gitea',
        events: [
          {
            registry: 'git.example.com:3000',
            repository: 'acme/team/web',
            tag: '1.2.3',
            pushedAt: Date.UTC(2024, 4, 1, 10),
            image: 'git.example.com:3000/acme/team/web:1.2.3',
          },
        ],
        ignored: [],
      });
    });
  }

  it('takes the host of the owner, or none, for an image without a page', () => {
    expect(read(event({ html_url: '' })).events[0]).to.include({ registry: 'git.example.com:3000' });
    expect(read(event({ html_url: null, owner: { login: 'acme' } })).events[0]).to.not.have.property('registry');
  });

  const ignored: readonly (readonly [name: string, body: JsonObject, reason: RegExp])[] = [
    ['a push by digest', event({ version: digest }), /has no tag/],
    ['a deletion', event({}, 'deleted'), /was deleted, not pushed/],
    ['a package of npm', event({ type: 'npm' }), /type npm, not an image/],
    ['an image of nobody', event({ owner: null }), /has no name/],
  ];
  for (const [name, body, reason] of ignored) {
    it(`ignores ${name}`, () => {
      const found = read(body);
      expect(found).to.include({ format: 'gitea' });
      expect(found.events).to.deep.equal([]);
      expect(found.ignored[0]?.reason).to.match(reason);
    });
  }

  it('ignores the other events, which also say that they are of GitHub', () => {
    const body = { ref: 'refs/heads/main', repository: { full_name: 'a/b' } };
    const { format, ignored: left } = read(body, { 'x-gitea-event': 'push', 'x-github-event': 'push' });
    expect(format).to.equal('gitea');
    expect(left[0]?.reason).to.equal("Gitea's event push is not that of a package");
  });

  it('leaves the packages of GitHub to their own format', () => {
    const body = {
      action: 'published',
      package: { package_type: 'CONTAINER', type: 'x', version: '1', name: 'web', namespace: 'a' },
    };
    expect(read(body).format).to.equal('ghcr');
  });
});
