import crypto from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { defaultRetention } from '../src/framework/deliveries/retention.ts';
import { type Config, ConfigError, loadConfig } from '../src/config.ts';
import { type Setting, type SettingName, settings } from '../src/settings.ts';
import { testKey } from './support/keys.ts';

const cattle = { CATTLE_URL: 'http://rancher:8080/v1', CATTLE_ACCESS_KEY: 'access', CATTLE_SECRET_KEY: 'secret' };

function faultsOf(environment: Record<string, string>, flags: Record<string, string | boolean> = {}): readonly string[] {
  try {
    loadConfig(environment, flags);
  } catch (thrown) {
    if (thrown instanceof ConfigError) return thrown.faults;
    throw thrown;
  }
  return [];
}

/** A good value of every setting and what it becomes. */
const values: Record<SettingName, readonly [string, (config: Config) => unknown, unknown]> = {
  CATTLE_URL: ['https://other/v2-beta', (config) => config.cattle?.url, 'https://other/v2-beta'],
  CATTLE_ACCESS_KEY: ['a', (config) => config.cattle?.accessKey, 'a'],
  CATTLE_SECRET_KEY: ['b', (config) => config.cattle?.secretKey, 'b'],
  RSA_PUBLIC_KEY_CONTENTS: [testKey().publicPem.trim(), (config) => config.rsaPublicKey, testKey().publicPem.trim()],
  RSA_PRIVATE_KEY_CONTENTS: [testKey().privatePem.trim(), (config) => config.rsaPrivateKey, testKey().privatePem.trim()],
  WEBHOOK_LISTEN: ['[::1]:99', (config) => config.listen, { host: '::1', port: 99 }],
  WEBHOOK_DATA_DIR: ['/data', (config) => config.dataDir, '/data'],
  WEBHOOK_AUTH: ['none', (config) => config.auth, 'none'],
  WEBHOOK_URL_STYLE: ['key', (config) => config.urlStyle, 'key'],
  WEBHOOK_PUBLIC_URL: ['https://hooks.example.com/in//', (config) => config.publicUrl, 'https://hooks.example.com/in'],
  WEBHOOK_LEGACY_SCHEMAS: ['true', (config) => config.legacySchemas, true],
  WEBHOOK_FORWARD_POST: ['proxy', (config) => config.forwardPost, 'proxy'],
  WEBHOOK_KUBERNETES_ALLOW: ['{"1a5": []}', (config) => config.kubernetesRules !== undefined, true],
  WEBHOOK_OIDC_ISSUERS: [
    'https://a.example/, http://127.0.0.1:1 https://a.example/',
    (config) => config.oidcIssuers,
    ['https://a.example/', 'http://127.0.0.1:1'],
  ],
  WEBHOOK_ADMIN_ACCESS_KEY: ['admin', (config) => config.adminKey?.accessKey, 'admin'],
  WEBHOOK_ADMIN_SECRET_KEY: ['hidden', (config) => config.adminKey?.secretKey, 'hidden'],
  KUBECONFIG: ['/kube', (config) => config.kubeconfig, '/kube'],
  DATABASE_URL: ['postgres://user@host/db', (config) => config.databaseUrl, 'postgres://user@host/db'],
  WEBHOOK_SECRET: ['hidden', (config) => config.secret, 'hidden'],
  WEBHOOK_OPERATIONS_LISTEN: ['[::1]:9085', (config) => config.operationsListen, { host: '::1', port: 9085 }],
  WEBHOOK_RETENTION_DAYS: ['2', (config) => config.retention?.maxAgeMs, 172_800_000],
  WEBHOOK_RETENTION_DELIVERIES: ['500', (config) => config.retention?.maxDeliveries, 500],
  WEBHOOK_RETENTION_MEBIBYTES: ['64', (config) => config.retention?.maxBytes, 67_108_864],
};
const admin = { WEBHOOK_ADMIN_ACCESS_KEY: 'x', WEBHOOK_ADMIN_SECRET_KEY: 'y', WEBHOOK_SECRET: 'z' };

describe('the configuration', () => {
  let directory: string;

  before(() => {
    directory = fs.mkdtempSync(path.join(os.tmpdir(), 'config-'));
  });
  after(() => fs.rmSync(directory, { recursive: true }));

  const file = (name: string, text: string): string => {
    const where = path.join(directory, name);
    fs.writeFileSync(where, text);
    return where;
  };

  for (const [name, [text, read, expected]] of Object.entries(values)) {
    const setting: Setting = settings[name as SettingName];
    it(`takes ${name}, and --${setting.flag} before it`, () => {
      expect(read(loadConfig({ ...cattle, ...admin, [name]: text }, {}))).to.deep.equal(expected);
      expect(read(loadConfig({ ...cattle, ...admin, [name]: 'nonsense' }, { [setting.flag]: text }))).to.deep.equal(expected);
    });
    if (setting.secret) {
      it(`takes ${name}_FILE, after ${name}`, () => {
        const { [name as 'CATTLE_URL']: _left, ...others } = { ...cattle, ...admin };
        const where = file(name, `${text}\n`);
        expect(read(loadConfig({ ...others, [`${name}_FILE`]: where }, {}))).to.deep.equal(expected);
        expect(read(loadConfig({ ...others, [name]: text, [`${name}_FILE`]: '/nowhere' }, {}))).to.deep.equal(expected);
      });
    } else {
      it(`takes no ${name}_FILE`, () => {
        expect(read(loadConfig({ ...cattle, ...admin, [`${name}_FILE`]: '/nowhere' }, {}))).not.to.deep.equal(expected);
      });
    }
  }

  it('has a flag of its own for every setting', () => {
    const flags = Object.values(settings).map(({ flag }) => flag);
    expect(new Set(flags).size).to.equal(flags.length);
    expect(Object.keys(values)).to.have.members(Object.keys(settings));
  });

  it('has defaults that need no more than Rancher', () => {
    const { listen, auth, ...rest } = loadConfig(cattle, {});
    expect(listen).to.deep.equal({ host: '0.0.0.0', port: 8085 });
    expect(auth).to.equal('rancher');
    expect(rest).to.deep.equal({
      cattle: { url: cattle.CATTLE_URL, accessKey: 'access', secretKey: 'secret' },
      embedded: false,
      forwardPost: 'auto',
      retention: defaultRetention,
      legacySchemas: false,
      urlStyle: 'token',
    });
  });

  for (const url of ['http://localhost:8080/v1', 'http://127.0.0.1:8080', 'http://127.1', 'http://[::1]:8080/v1']) {
    it(`stands behind the proxy of a Rancher on ${url}`, () => {
      const { auth, listen } = loadConfig({ ...cattle, CATTLE_URL: url }, {});
      expect([auth, listen.host, listen.port]).to.deep.equal(['cattle', '127.0.0.1', 8085]);
    });
  }

  for (const url of ['http://localhost.example.com', 'http://127.0.0.1.example.com', 'http://10.0.0.1', 'http://rancher']) {
    it(`stands in front of a Rancher on ${url}`, () =>
      expect(loadConfig({ ...cattle, CATTLE_URL: url }, {}).auth).to.equal('rancher'));
  }

  it('needs no Rancher with the embedded one', () => {
    const config = loadConfig({}, { embedded: true });
    expect(config).to.include({ auth: 'embedded', embedded: true }).and.not.to.have.property('cattle');
  });

  for (const listen of ['0.0.0.0:8085', '8085', '10.0.0.1:8085', '[::]:8085', 'example.com:1', 'localhost.example.com:1']) {
    it(`refuses to listen on ${listen} where the headers of callers are believed`, () => {
      const faults = faultsOf({ ...cattle, WEBHOOK_AUTH: 'cattle', WEBHOOK_LISTEN: listen });
      expect(faults).to.have.length(1);
      expect(faults[0]).to.match(/^WEBHOOK_LISTEN: with WEBHOOK_AUTH=cattle it must be a loopback address/);
    });
  }

  for (const listen of ['127.0.0.1:0', 'localhost:8085', '[::1]:8085', '::1:8085', '127.9.9.9:1']) {
    it(`listens on ${listen} behind Rancher`, () => {
      expect(faultsOf({ ...cattle, WEBHOOK_AUTH: 'cattle', WEBHOOK_LISTEN: listen })).to.deep.equal([]);
    });
  }

  const weak = crypto
    .generateKeyPairSync('rsa', { modulusLength: 1024 })
    .privateKey.export({ type: 'pkcs8', format: 'pem' })
    .toString();
  const bad: readonly [Record<string, string>, RegExp][] = [
    [{ WEBHOOK_LISTEN: 'nowhere' }, /^WEBHOOK_LISTEN: host:port is needed/],
    [{ WEBHOOK_LISTEN: '0.0.0.0:65536' }, /^WEBHOOK_LISTEN: host:port is needed/],
    [{ WEBHOOK_LISTEN: '0.0.0.0:-1' }, /^WEBHOOK_LISTEN: host:port is needed/],
    [{ WEBHOOK_LISTEN: '0.0.0.0:' }, /^WEBHOOK_LISTEN: host:port is needed/],
    [{ WEBHOOK_AUTH: 'None' }, /^WEBHOOK_AUTH: "None" is not one of cattle, rancher, embedded, none$/],
    [{ WEBHOOK_AUTH: 'embedded' }, /^WEBHOOK_AUTH=embedded needs --embedded$/],
    [{ WEBHOOK_URL_STYLE: 'jwt' }, /^WEBHOOK_URL_STYLE: "jwt" is not one of token, key$/],
    [{ WEBHOOK_LEGACY_SCHEMAS: 'yes' }, /^WEBHOOK_LEGACY_SCHEMAS: "yes" is not one of true, false$/],
    [{ WEBHOOK_FORWARD_POST: '', WEBHOOK_URL_STYLE: 'x' }, /^WEBHOOK_URL_STYLE/],
    [{ CATTLE_URL: 'rancher:8080' }, /^CATTLE_URL: an http or https URL is needed/],
    [{ CATTLE_URL: 'ftp://rancher' }, /^CATTLE_URL: an http or https URL is needed/],
    [{ WEBHOOK_PUBLIC_URL: 'hooks.example.com' }, /^WEBHOOK_PUBLIC_URL: an http or https URL is needed/],
    [{ WEBHOOK_PUBLIC_URL: 'https://hooks.example.com/?a=b' }, /^WEBHOOK_PUBLIC_URL: an http or https URL is needed/],
    [{ WEBHOOK_PUBLIC_URL: 'javascript:alert(1)' }, /^WEBHOOK_PUBLIC_URL: an http or https URL is needed/],
    [{ WEBHOOK_KUBERNETES_ALLOW: '{' }, /^WEBHOOK_KUBERNETES_ALLOW: /],
    [{ WEBHOOK_KUBERNETES_ALLOW: 'text' }, /^WEBHOOK_KUBERNETES_ALLOW: /],
    [{ WEBHOOK_ADMIN_ACCESS_KEY: 'a' }, /^WEBHOOK_ADMIN_ACCESS_KEY and WEBHOOK_ADMIN_SECRET_KEY go together$/],
    [{ RSA_PRIVATE_KEY_CONTENTS: 'nonsense' }, /^RSA_PRIVATE_KEY_CONTENTS, .*: the private key is no PEM of an RSA key$/],
    [{ RSA_PRIVATE_KEY_CONTENTS: weak }, /: the private key has 1024 bits; at least 2048 are needed$/],
    [{ RSA_PUBLIC_KEY_CONTENTS: 'nonsense' }, /: the public key is no PEM$/],
    [{ DATABASE_URL: 'postgres://user:hidden@host/db' }, /^WEBHOOK_SECRET is missing: /],
    [{ DATABASE_URL: 'mysql://user:hidden@host/db', WEBHOOK_SECRET: 'x' }, /^DATABASE_URL: a postgres:\/\/ URL is needed/],
    [{ WEBHOOK_OPERATIONS_LISTEN: 'here' }, /^WEBHOOK_OPERATIONS_LISTEN: host:port is needed/],
    [{ WEBHOOK_RETENTION_DAYS: '0' }, /^WEBHOOK_RETENTION_DAYS: a whole number/],
  ];
  for (const [environment, pattern] of bad) {
    it(`refuses ${JSON.stringify(environment).slice(0, 60)}`, () => {
      const faults = faultsOf({ ...cattle, ...environment });
      expect(faults).to.have.length(1);
      expect(faults[0]).to.match(pattern).and.not.include('hidden').and.not.include('BEGIN');
    });
  }

  for (const auth of ['cattle', 'rancher']) {
    it(`refuses WEBHOOK_AUTH=${auth} with the embedded Rancher`, () => {
      const faults = faultsOf({ WEBHOOK_AUTH: auth, WEBHOOK_LISTEN: '127.0.0.1:0' }, { embedded: true });
      expect(faults).to.deep.equal([`WEBHOOK_AUTH=${auth} needs a real Rancher; with --embedded it is embedded or none`]);
    });
  }

  it('names all faults at once, each once', () => {
    const faults = faultsOf({
      WEBHOOK_LISTEN: 'x',
      WEBHOOK_URL_STYLE: 'x',
      CATTLE_SECRET_KEY_FILE: '/nowhere',
      WEBHOOK_PUBLIC_URL: 'x',
    });
    for (const name of [
      'CATTLE_URL is missing',
      'CATTLE_ACCESS_KEY is missing',
      'CATTLE_SECRET_KEY is missing',
      'WEBHOOK_LISTEN',
      'WEBHOOK_URL_STYLE',
      'WEBHOOK_PUBLIC_URL',
      'CATTLE_SECRET_KEY_FILE: /nowhere cannot be read',
    ]) {
      expect(
        faults.filter((fault) => fault.startsWith(name)),
        name,
      ).to.have.length(1);
    }
  });

  it('takes what is empty for absent', () => {
    expect(loadConfig({ ...cattle, WEBHOOK_AUTH: '', WEBHOOK_LISTEN: '' }, { 'url-style': '' })).to.include({
      auth: 'rancher',
      urlStyle: 'token',
    });
    expect(faultsOf(cattle, { 'cattle-url': '' })).to.deep.equal([]);
    expect(faultsOf({ ...cattle, CATTLE_URL: '' })[0]).to.match(/^CATTLE_URL is missing/);
  });

  it('refuses an empty file of a secret', () => {
    const { CATTLE_SECRET_KEY: _secret, ...others } = cattle;
    const where = file('empty', '\n');
    expect(faultsOf({ ...others, CATTLE_SECRET_KEY_FILE: where })).to.include(`CATTLE_SECRET_KEY_FILE: ${where} is empty`);
  });

  it('is frozen', () => {
    const config = loadConfig({ ...cattle, ...admin }, {});
    for (const part of [config, config.listen, config.cattle, config.adminKey]) expect(Object.isFrozen(part)).to.equal(true);
  });
});
