import fs from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { load, loadAll } from 'js-yaml';
import { settings } from '../src/settings.ts';
import { projectRoot } from './support/program.ts';

interface ComposeService {
  readonly image: string;
  readonly command?: readonly string[];
  readonly ports: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly environment: Readonly<Record<string, string>>;
  readonly volumes: readonly string[];
}

interface Question {
  readonly variable: string;
  readonly label: string;
  readonly description: string;
  readonly type: string;
  readonly required: boolean;
  readonly default?: string | number;
  readonly options?: readonly string[];
}

interface ComposeFile {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly volumes: object;
}

interface RancherComposeFile {
  readonly version: string;
  readonly catalog: {
    readonly version: string;
    readonly minimum_rancher_version: string;
    readonly questions: readonly Question[];
  };
  readonly services: Readonly<
    Record<string, { readonly scale: number; readonly health_check: { readonly port: number; readonly request_line: string } }>
  >;
}

function read(file: string): string {
  return fs.readFileSync(path.join(projectRoot, file), 'utf8');
}

const { version } = JSON.parse(read('package.json')) as { version: string };
const image = `webhook-service:${version}`;
const template = 'templates/webhook-service';
const dataFolder = '/var/lib/webhook-service';

/** True for a setting, and for the file that a secret one may stand in. */
function isSetting(name: string): boolean {
  const plain = name.replace(/_FILE$/, '');
  if (!Object.hasOwn(settings, plain)) return false;
  return plain === name || 'secret' in settings[plain as keyof typeof settings];
}

function unknownSettings({ environment }: ComposeService): string[] {
  return Object.keys(environment).filter((name) => !isSetting(name));
}

describe('docker-compose.yml', () => {
  const text = read('docker-compose.yml');
  const embedded = (load(text) as ComposeFile).services['webhook-service'];

  it('runs the embedded service with its data in a volume', () => {
    expect(embedded).to.include({ image });
    expect(embedded?.command).to.deep.equal(['serve', '--embedded']);
    expect(embedded?.ports).to.deep.equal(['8085:8085']);
    expect(embedded?.volumes).to.include(`data:${dataFolder}`);
    expect(embedded && unknownSettings(embedded)).to.deep.equal([]);
    expect((load(text) as ComposeFile).volumes).to.have.property('data');
  });

  it('shows a variant beside a Rancher that can be taken as it is', () => {
    const [, commented = ''] = /\n#\n((?:# {3}.*\n)+)\nvolumes:/.exec(text) ?? [];
    const variant = (load(`services:\n${commented.replace(/^# {3}/gm, '  ')}`) as ComposeFile).services['webhook-service'];
    expect(variant).to.include({ image });
    expect(variant).not.to.have.property('command');
    expect(variant?.environment).to.include.keys('CATTLE_URL', 'CATTLE_ACCESS_KEY', 'CATTLE_SECRET_KEY_FILE');
    expect(variant && unknownSettings(variant)).to.deep.equal([]);
  });

  it('names only settings in its other comments', () => {
    const named = [...text.matchAll(/\b(?:WEBHOOK|CATTLE|RSA)_[A-Z_]+|\bKUBECONFIG\b/g)].map(([name]) => name);
    expect(named.filter((name) => !isSetting(name))).to.deep.equal([]);
  });
});

describe('the Rancher catalog entry', () => {
  const rancher = load(read('rancher-compose.yml')) as RancherComposeFile;
  const compose = load(read(`${template}/0/docker-compose.yml`)) as ComposeFile;
  const service = compose.services['webhook-service'];
  const { catalog } = rancher;

  it('has the same rancher-compose.yml at the root', () => {
    expect(read(`${template}/0/rancher-compose.yml`)).to.equal(read('rancher-compose.yml'));
    expect(Object.keys(rancher.services)).to.deep.equal(Object.keys(compose.services));
  });

  it('asks Rancher for an API key of the environment', () => {
    expect(service?.labels).to.deep.equal({
      'io.rancher.container.create_agent': 'true',
      'io.rancher.container.agent.role': 'environment',
    });
  });

  it('sets what is a setting, and asks for every variable that it uses', () => {
    expect(service && unknownSettings(service)).to.deep.equal([]);
    const used = [...JSON.stringify(compose).matchAll(/\$\{(\w+)\}/g)].map(([, name]) => name);
    expect(catalog.questions.map(({ variable }) => variable)).to.have.members(used);
    for (const { label, description, type, options, default: answer } of catalog.questions) {
      expect([label, description].every((text) => text.length > 0)).to.equal(true);
      expect(type).to.be.oneOf(['string', 'int', 'boolean', 'password', 'service', 'enum', 'multiline', 'certificate']);
      expect(options === undefined || options.includes(String(answer))).to.equal(true);
    }
  });

  it('offers the version of this program', () => {
    const config = load(read(`${template}/config.yml`)) as Record<string, string>;
    expect(config['version']).to.equal(version);
    expect(catalog.version).to.equal(version);
    expect(catalog.questions.find(({ variable }) => variable === 'WEBHOOK_IMAGE')?.default).to.equal(image);
    expect(catalog.minimum_rancher_version).to.match(/^v1\.\d+\.\d+$/);
    expect(read(`${template}/catalogIcon-webhook-service.svg`)).to.match(/^<svg /);
    expect(read(`${template}/0/README.md`)).to.match(/^# /);
  });

  it('checks the health of the port that the service listens on', () => {
    const { scale, health_check: check } = rancher.services['webhook-service'] ?? {};
    expect(scale).to.equal(1);
    expect(check).to.include({ port: 8085, request_line: 'GET /v1-webhooks/schemas HTTP/1.0' });
    expect(service?.ports).to.deep.equal(['${PUBLISHED_PORT}:8085/tcp']);
    expect(service?.volumes).to.deep.equal([`data:${dataFolder}`]);
  });
});

describe('the manifests for Kubernetes', () => {
  interface Manifest {
    readonly kind: string;
    readonly metadata: { readonly namespace: string };
    readonly rules?: readonly { readonly resources: readonly string[]; readonly verbs: readonly string[] }[];
    readonly spec?: { readonly template?: { readonly spec: { readonly containers: readonly Container[] } } };
  }
  interface Container {
    readonly image: string;
    readonly env: readonly { readonly name: string; readonly value: string }[];
    readonly securityContext: object;
  }
  const manifests = loadAll(read('docs/examples/kubernetes/webhook-service.yaml')) as Manifest[];
  const container = manifests.find(({ kind }) => kind === 'Deployment')?.spec?.template?.spec.containers[0];

  it('run the image of this version, with settings that exist', () => {
    expect(container).to.include({ image });
    expect(container?.env.filter(({ name }) => !isSetting(name))).to.deep.equal([]);
    expect(container?.securityContext).to.include({ allowPrivilegeEscalation: false, readOnlyRootFilesystem: true });
  });

  it('give no right that the tests on a real control plane do without', () => {
    const tested = (loadAll(read('test/support/control-plane/restricted.yaml')) as Manifest[]).flatMap(({ rules = [] }) => rules);
    const given = manifests.flatMap(({ rules = [] }) => rules);
    expect(given.length).to.be.greaterThan(0);
    const excess = given.flatMap(({ resources, verbs }) =>
      resources.flatMap((resource) => {
        const allowed = tested.filter((rule) => rule.resources.includes(resource)).flatMap((rule) => rule.verbs);
        return verbs.filter((verb) => !allowed.includes(verb)).map((verb) => `${verb} ${resource}`);
      }),
    );
    expect(excess).to.deep.equal([]);
  });
});

describe('the Dockerfile', () => {
  const text = read('Dockerfile');

  it('is of this version, and runs as nobody in particular', () => {
    expect(text).to.include(`ARG VERSION=${version}\n`);
    const [, uid = ''] = /^USER (\d+):\d+$/m.exec(text) ?? [];
    expect(Number(uid)).to.be.at.least(10_000);
    expect(text).to.include(`VOLUME ["${dataFolder}"]`);
    expect(text).to.match(/^EXPOSE 8085$/m);
  });

  it('sets what is a setting', () => {
    const named = [...text.matchAll(/\b(?:WEBHOOK|CATTLE)_[A-Z_]+/g)].map(([name]) => name);
    expect(named.filter((name) => !isSetting(name))).to.deep.equal([]);
  });

  it('copies only files that are sent to the builder', () => {
    const sent = new Set(
      read('.dockerignore')
        .split('\n')
        .filter((line) => line.startsWith('!'))
        .map((line) => line.slice(1)),
    );
    const copied = [...text.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, files = '']) => files.split(' '));
    expect(copied.length).to.be.greaterThan(5);
    expect(copied.filter((file) => !sent.has(file))).to.deep.equal([]);
    expect([...sent].filter((file) => !fs.existsSync(path.join(projectRoot, file)))).to.deep.equal([]);
  });
});
