import { expect } from 'chai';
import { createKubernetesAllowance } from '../../../src/drivers/kubernetes/allow.ts';
import { deploymentUpdate } from '../../../src/drivers/kubernetes/index.ts';
import type { Acceptance } from '../../../src/framework/driver.ts';
import { ServiceError } from '../../../src/framework/errors.ts';
import type { ImageEvent, PayloadFormat } from '../../../src/framework/payload-format.ts';
import { createRegistry } from '../../../src/framework/registry.ts';
import { threadTime } from '../../support/thread-time.ts';

const event: ImageEvent = { registry: 'docker.io', repository: 'acme/web', tag: '2', image: 'acme/web:2' };
const format = (id: string): PayloadFormat => ({
  id,
  recognises: (body) => id in body,
  read: (body) => ({ events: Array.isArray(body[id]) ? body[id] : [{ ...event, ...(body[id] as object) }], ignored: [] }),
});
const driver = deploymentUpdate({
  formats: createRegistry([format('first'), format('second')], ({ id }) => id),
  clusters: { connect: () => Promise.reject(new Error('nothing is connected here')) },
  allow: createKubernetesAllowance({ rules: { '1a5': [{ cluster: '', namespaces: ['default', 'shop'] }], '1a6': [] } }),
});
const accept = (body: unknown, config = {}): Acceptance =>
  driver.accept({ headers: {}, query: '', body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)) }, config);

describe('deploymentUpdate, accepting', () => {
  it('takes the one format that recognises the body, or the one that is configured', () => {
    expect(accept({ second: {} })).to.deep.equal({ kind: 'accepted', events: [event] });
    expect(accept({ first: { tag: 'a' } })).to.deep.include({ events: [{ ...event, tag: 'a' }] });
    expect(() => accept({ first: { tag: 'a' }, second: {} })).to.throw(
      'The payload may be of first and of second: set payloadFormat to one of them',
    );
    expect(accept({ first: { tag: 'a' }, second: {} }, { payloadFormat: 'second' })).to.deep.include({ events: [event] });
  });

  const refusals: readonly [string, unknown, string][] = [
    ['an empty body', '', 'The request has no payload'],
    ['what is not JSON', '{', 'The payload is not valid JSON: unexpected end of JSON input'],
    [
      'what is nested too deeply',
      `{"a":${'['.repeat(100)}${']'.repeat(100)}}`,
      'The payload is not valid JSON: exceeded max depth',
    ],
    ['a list', [], 'The payload is not a JSON object'],
    ['null', 'null', 'The payload is not a JSON object'],
    ['an unknown format', { other: 1 }, 'The payload is of no known format (payloadFormat custom reads any)'],
    [
      'a name that is none',
      { first: { repository: 'Acme Web' } },
      'The pushed repository "docker.io/Acme Web" is not a valid name',
    ],
    ['a tag that is none', { first: { tag: 'a b' } }, 'The pushed tag "a b" is not valid'],
  ];
  for (const [name, body, message] of refusals) {
    it(`refuses ${name}`, () => {
      expect(() => accept(body))
        .to.throw(message)
        .with.property('code', 'InvalidPayload');
    });
  }

  it('says what to do about a form, which is not read', () => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    expect(() => driver.accept({ headers, query: '', body: Buffer.alloc(0) }, {})).to.throw(
      'The request has no payload: a form is not read, send it with Content-Type: application/json',
    );
  });

  it('ignores other tags and repositories, with the reason', () => {
    expect(accept({ first: {} }, { tag: '3' })).to.deep.equal({ kind: 'ignored', reason: 'tag 2 is not 3' });
    expect(accept({ first: { tag: '' } })).to.deep.equal({ kind: 'ignored', reason: 'the push has no tag' });
    expect(accept({ first: {} }, { repository: 'acme/other' })).to.deep.equal({
      kind: 'ignored',
      reason: "the push is of acme/web, and the receiver's repository is acme/other",
    });
    expect(accept({ first: [event, { ...event, tag: '3' }] }, { tag: '3' })).to.deep.include({
      events: [{ ...event, tag: '3' }],
    });
  });

  it('ignores what the policy of its tags does not let through, with the reason', () => {
    const pushes = { first: ['1.3.0', '2.0.0', 'latest', '1.4.0-rc.1'].map((tag) => ({ ...event, tag })) };
    const tagsOf = (config: object): readonly string[] => {
      const acceptance = accept(pushes, config);
      return acceptance.kind === 'accepted' ? acceptance.events.map(({ tag }) => tag) : [acceptance.reason];
    };
    expect(tagsOf({ tagPolicy: 'semver', tag: '^1.2' })).to.deep.equal(['1.3.0']);
    expect(tagsOf({ tagPolicy: 'semver', tag: '^1.2-0' })).to.deep.equal(['1.3.0', '1.4.0-rc.1']);
    expect(tagsOf({ tagPolicy: 'glob', tag: '*.0' })).to.deep.equal(['1.3.0', '2.0.0']);
    expect(tagsOf({ tagPolicy: 'regex', tag: '^[a-z]+$' })).to.deep.equal(['latest']);
    expect(tagsOf({ tagPolicy: 'any' })).to.have.length(4);
    expect(tagsOf({ tagPolicy: 'semver', tag: '^3' })).to.deep.equal([
      'version 1.3.0 is not in ^3; version 2.0.0 is not in ^3; tag latest is no version; version 1.4.0-rc.1 is not in ^3',
    ]);
  });

  it('refuses more tags in one body than the expression can be tried on at once', () => {
    const tagsLike = (count: number, length: number): unknown => ({
      first: Array.from({ length: count }, (_, index) => ({ ...event, tag: `${index}`.padEnd(length, 'a') })),
    });
    const hostile = { tagPolicy: 'regex', tag: '(.?){60}(.?){20}$' };
    expect(accept(tagsLike(10, 128), hostile)).to.have.property('kind', 'accepted');
    expect(() => accept(tagsLike(1000, 128), hostile))
      .to.throw("1000 pushes with 128000 characters in their tags, too many for this receiver's regular expression")
      .with.property('code', 'InvalidPayload');
    const usual = { tagPolicy: 'regex', tag: '^(\\d+)[0-9a-f]{40}' };
    expect(accept(tagsLike(500, 48), usual)).to.have.property('kind', 'accepted');
    expect(accept(tagsLike(1000, 128), { tagPolicy: 'glob', tag: '*a*a*a*a*a*' })).to.have.property('kind', 'accepted');
    // What is no tag is not tried at all.
    expect(() => accept(tagsLike(1000, 5000), hostile)).to.throw('The pushed tag "0aaa');
  });

  // The program answers nothing meanwhile. The best of three rounds: how far V8 has optimised the code is not measured.
  const longestTurn = (work: (round: number) => void): number =>
    Math.min(...[0, 1, 2].map((round) => threadTime(() => work(round))));
  const hostilePatterns: readonly (readonly [tagPolicy: string, tag: string])[] = [
    ...[
      '((a+)+)+$',
      '(a|aa)+$',
      '(a*)*b',
      '(.*)(.*)(.*)(.*)(.*)x',
      '(?:a?){40}a{40}',
      '(.?){60}(.?){20}$',
      '(?:(\\w?)(\\w?)){35}$',
      '(?i)[a-z]{60}[A-Z]{60}[0-9]',
      '\\pL'.repeat(80),
      '[^\\pL]'.repeat(40),
      '(?:\\pL|\\pN)?'.repeat(15),
      '(a*)'.repeat(50),
      'a|'.repeat(120),
      '(a{1000}){1000}',
      '(?=a*)b',
      '(a)\\1',
    ].map((tag) => ['regex', tag] as const),
    ['glob', '*a'.repeat(120)],
    ['glob', '*?[a-z]'.repeat(30)],
    ['semver', '1 ||'.repeat(60)],
    ['semver', `1.1.1-${'a.'.repeat(100)}`],
  ];
  /** A pattern of its own for each round, so that it is compiled anew. */
  const variants: Readonly<Record<string, (round: number) => string>> = {
    regex: (round) => `|q${round}`,
    glob: (round) => `b${round}`,
    semver: (round) => `${round}`,
  };
  for (const [tagPolicy, pattern] of hostilePatterns) {
    it(`answers within 50 ms, with tagPolicy ${tagPolicy} ${pattern.slice(0, 30)}`, () => {
      for (const length of [128, 5 * 1024, 100 * 1024]) {
        const turn = longestTurn((round) => {
          const tag = pattern + (variants[tagPolicy]?.(round * 1000 + (length % 1000)) ?? '');
          try {
            accept({ first: { tag: 'a'.repeat(length) } }, { tagPolicy, tag });
          } catch (thrown) {
            expect(thrown).to.be.instanceOf(ServiceError);
          }
        });
        expect(turn).to.be.below(50);
      }
    });
  }

  it('compares repositories in normal form', () => {
    for (const repository of ['acme/web', 'docker.io/acme/web', 'index.docker.io/acme/web']) {
      expect(accept({ first: {} }, { repository }), repository).to.have.property('kind', 'accepted');
    }
    const registryAliases = { 'mirror.local': 'docker.io' };
    expect(accept({ first: {} }, { repository: 'mirror.local/acme/web', registryAliases })).to.have.property('kind', 'accepted');
  });
});

describe('deploymentUpdate, validating', () => {
  const refusal = async (config: object, projectId = '1a5'): Promise<unknown> => {
    const thrown: unknown = await driver.validate({ name: 'web', ...config }, projectId).then(
      () => undefined,
      (error: unknown) => error,
    );
    return thrown instanceof Error ? thrown.message : thrown;
  };

  it('accepts what is complete', async () => {
    for (const config of [
      {},
      { namespace: 'shop' },
      { name: '', selector: { 'app.kubernetes.io/name': 'web', tier: '' }, kind: 'statefulSet' },
      { strategy: 'recreate' },
      { strategy: 'rollingUpdate', maxSurge: '150%', maxUnavailable: '0' },
      { strategy: 'rollingUpdate', kind: 'statefulSet', maxUnavailable: '2' },
      { strategy: 'rollingUpdate', kind: 'daemonSet', maxSurge: '0', maxUnavailable: '10%' },
      { registryAliases: { localhost: 'docker.io', 'reg:5000/hub/x': 'example.jfrog.io/docker-local' } },
      { container: 'web', repository: 'acme/web', tag: 'v1', onFailure: 'keep', timeoutSeconds: 5 },
    ]) {
      expect(await refusal(config)).to.equal(undefined);
    }
  });

  const cases: readonly [object, string][] = [
    [{ name: '' }, 'Name or selector not provided'],
    [{ selector: { app: 'web' } }, 'Only one of name and selector may be given'],
    [{ name: '', selector: { '': 'web' } }, 'Invalid label "" in selector'],
    [{ name: '', selector: { 'a/b/c': 'web' } }, 'Invalid label "a/b/c" in selector'],
    [{ name: '', selector: { app: 'a,b' } }, 'Invalid value "a,b" of label "app" in selector'],
    [{ name: '', selector: { app: null } }, 'Invalid value "null" of label "app" in selector'],
    [{ strategy: 'rolling' }, 'Invalid strategy "rolling", must be one of keep, rollingUpdate, recreate, blueGreen'],
    [{ kind: 'statefulSet', strategy: 'recreate' }, 'A StatefulSet has no strategy recreate'],
    [{ kind: 'cronJob', strategy: 'rollingUpdate' }, 'A CronJob has no update strategy'],
    [{ maxSurge: '1' }, 'maxSurge needs strategy rollingUpdate'],
    [{ strategy: 'recreate', maxUnavailable: '1' }, 'maxUnavailable needs strategy rollingUpdate'],
    [{ strategy: 'rollingUpdate', maxSurge: '-1' }, 'Invalid maxSurge "-1", must be a number or a percentage'],
    [{ strategy: 'rollingUpdate', maxUnavailable: '1.5' }, 'Invalid maxUnavailable "1.5", must be a number or a percentage'],
    [{ strategy: 'rollingUpdate', maxUnavailable: '101%' }, 'maxUnavailable must not be more than 100%'],
    [{ strategy: 'rollingUpdate', maxSurge: '0', maxUnavailable: '0%' }, 'maxSurge and maxUnavailable must not both be 0'],
    [{ kind: 'statefulSet', strategy: 'rollingUpdate', maxSurge: '1' }, 'A StatefulSet has no maxSurge'],
    [{ kind: 'daemonSet', strategy: 'rollingUpdate', maxSurge: '150%' }, 'maxSurge of a DaemonSet must not be more than 100%'],
    [{ kind: 'statefulSet', strategy: 'rollingUpdate', maxUnavailable: '0' }, 'maxUnavailable of a StatefulSet must not be 0'],
    [
      { kind: 'daemonSet', strategy: 'rollingUpdate', maxSurge: '1', maxUnavailable: '1' },
      'One of maxSurge and maxUnavailable of a DaemonSet must be 0',
    ],
    [
      { kind: 'constructor', strategy: 'recreate' },
      'Invalid kind "constructor", must be one of deployment, statefulSet, daemonSet, cronJob',
    ],
    [{ kind: 'job' }, 'Invalid kind "job", must be one of deployment, statefulSet, daemonSet, cronJob'],
    [{ name: 'Web' }, 'Invalid name "Web"'],
    [{ name: '../secrets' }, 'Invalid name "../secrets"'],
    [{ namespace: 'a.b' }, 'Invalid namespace "a.b"'],
    [{ container: 'a/b' }, 'Invalid container "a/b"'],
    [{ repository: 'acme/web:1' }, 'Invalid repository "acme/web:1", must be one without a tag, such as acme/web'],
    [{ tagPolicy: 'newest' }, 'Invalid tagPolicy "newest", must be one of exact, any, glob, semver, regex'],
    [
      { tagPolicy: 'semver', tag: '^1.y' },
      'Invalid tag "^1.y" for tagPolicy semver: "^1.y" at position 1 is no version to compare with',
    ],
    [
      { tagPolicy: 'regex', tag: 'a{1001}' },
      'Invalid tag "a{1001}" for tagPolicy regex: it is too large: about 3003 steps, 500 are the most',
    ],
    [{ tagPolicy: 'semver', tag: '1', tagOrder: 'desc' }, 'tagOrder is of no use to tagPolicy semver'],
    [{ tag: 'a b' }, 'Invalid tag "a b"'],
    [{ registryAliases: { 'a/b': 'docker.io' } }, 'Invalid registry host "a/b" in registryAliases'],
    [{ registryAliases: { mirror: 'docker.io' } }, 'Invalid registry host "mirror" in registryAliases'],
    [{ registryAliases: { 'mirror.local/Hub': 'docker.io' } }, 'Invalid registry host "mirror.local/Hub" in registryAliases'],
    [
      { registryAliases: { 'mirror.local:1/hub:2': 'docker.io' } },
      'Invalid registry host "mirror.local:1/hub:2" in registryAliases',
    ],
    [{ registryAliases: { 'mirror.local': 'docker.io/' } }, 'Invalid registry host "docker.io/" in registryAliases'],
    [{ payloadFormat: 'other' }, 'Invalid payloadFormat "other", must be one of auto, first, second'],
    [{ service: 'web' }, 'service needs strategy blueGreen'],
    [{ promote: 'manual' }, 'promote needs strategy blueGreen'],
    [{ keepOldSeconds: 0 }, 'keepOldSeconds needs strategy blueGreen'],
    [{ strategy: 'blueGreen' }, 'Strategy blueGreen needs a service'],
    [{ strategy: 'blueGreen', service: 'Web/1' }, 'Invalid service "Web/1"'],
    [{ strategy: 'blueGreen', service: 'web', kind: 'statefulSet' }, 'A StatefulSet has no strategy blueGreen'],
    [{ strategy: 'blueGreen', service: 'web', promote: 'never' }, 'Invalid promote "never", must be one of auto, manual'],
    [{ strategy: 'blueGreen', service: 'web', keepOldSeconds: 86_401 }, 'Invalid keepOldSeconds 86401, must be at most 86400'],
    [{ onFailure: 'explode' }, 'Invalid onFailure "explode", must be one of rollback, keep'],
    [{ timeoutSeconds: -1 }, 'Invalid timeoutSeconds -1, must be at least 1'],
    [{ timeoutSeconds: 86_401 }, 'Invalid timeoutSeconds 86401, must be at most 86400'],
  ];
  for (const [config, message] of cases) {
    it(`refuses ${JSON.stringify(config)}`, async () => expect(await refusal(config)).to.equal(message));
  }

  it('says no more than can be read of what is too long', async () => {
    expect(await refusal({ cluster: 'c'.repeat(254) })).to.equal(`Invalid cluster "${'c'.repeat(254)}"`);
    expect(await refusal({ name: 'n'.repeat(100_000) })).to.equal(`Invalid name "${'n'.repeat(486)}…`);
  });

  it('is done again before planning, which would otherwise leave the namespace', async () => {
    const request = { headers: {}, query: '', body: Buffer.from('') };
    const delivery = { id: 'd', projectId: '1a5', receiver: { id: '1go1', name: 'r' }, request, events: [event] };
    const planFor = (config: object): Promise<unknown> =>
      driver.plan(delivery, { name: 'web', ...config }, new AbortController().signal).catch((thrown: unknown) => thrown);
    expect(await planFor({ namespace: '..' })).to.include({ code: 'InvalidConfig', message: 'Invalid namespace ".."' });
    expect(await planFor({ name: '..' })).to.include({ code: 'InvalidConfig' });
    expect(await planFor({ registryAliases: { a: null } })).to.include({ code: 'InvalidConfig' });
    expect(await planFor({ namespace: 'kube-system' })).to.include({ code: 'Forbidden' });
  });

  it('refuses what the project may not touch', async () => {
    const text = (project: string, namespace: string, cluster: string): string =>
      `Project ${project} may not touch a deployment in namespace "${namespace}" of ${cluster} (WEBHOOK_KUBERNETES_ALLOW)`;
    expect(await refusal({ namespace: 'kube-system' })).to.equal(text('1a5', 'kube-system', 'the default cluster'));
    expect(await refusal({ cluster: 'other' })).to.equal(text('1a5', 'default', 'cluster "other"'));
    expect(await refusal({ cluster: 'rancher' }), 'rules say all').to.equal(text('1a5', 'default', 'cluster "rancher"'));
    expect(await refusal({ cluster: 'rancher' }, '1a6')).to.equal(text('1a6', 'default', 'cluster "rancher"'));
    expect(await refusal({ cluster: 'rancher', namespace: 'any' }, '1a7'), 'without a rule').to.equal(undefined);
    expect(await refusal({}, '1a7')).to.equal(text('1a7', 'default', 'the default cluster'));
  });
});
