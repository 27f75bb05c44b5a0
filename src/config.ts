import fs from 'node:fs';
import { load } from 'js-yaml';
import { decodeKubernetesRules, type KubernetesRules } from './drivers/kubernetes/allow.ts';
import type { RetentionPolicy } from './framework/deliveries/delivery-store.ts';
import { defaultRetention } from './framework/deliveries/retention.ts';
import { coerceError } from './framework/errors.ts';
import { createKeyRing } from './framework/key-ring.ts';
import { parseIssuers } from './framework/sender-authenticity/issuers.ts';
import { type Setting, settings, type SettingName } from './settings.ts';

export type AuthMode = 'cattle' | 'rancher' | 'embedded' | 'none';

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** Everything that `serve` is told, checked as a whole. */
export interface Config {
  readonly embedded: boolean;
  readonly listen: ListenAddress;
  /** Absent with the embedded Rancher. */
  readonly cattle?: { readonly url: string; readonly accessKey: string; readonly secretKey: string };
  readonly adminKey?: { readonly accessKey: string; readonly secretKey: string };
  readonly rsaPublicKey?: string;
  readonly rsaPrivateKey?: string;
  readonly auth: AuthMode;
  readonly urlStyle: 'token' | 'key';
  readonly publicUrl?: string;
  readonly legacySchemas: boolean;
  readonly forwardPost: 'auto' | 'proxy';
  readonly kubeconfig?: string;
  /** What each project may touch; absent: the defaults of `createKubernetesAllowance`. */
  readonly kubernetesRules?: KubernetesRules;
  /** The issuers of tokens that senders may prove themselves by; absent: Google's and GitHub Actions'. */
  readonly oidcIssuers?: readonly string[];
  readonly dataDir?: string;
  /** PostgreSQL, for several replicas. */
  readonly databaseUrl?: string;
  /** Seals the token key that replicas share. */
  readonly secret?: string;
  readonly operationsListen?: ListenAddress;
  /** How long and how much is kept of deliveries; absent: `defaultRetention`. */
  readonly retention?: RetentionPolicy;
}

/** All that is wrong with a configuration, one line for each fault. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(`The configuration cannot be used:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`);
    this.faults = faults;
  }
}

/**
 * Reads environment and flags, flags first; a secret may also stand in the file that its `…_FILE` names.
 * @param flags by the names of the flags, without dashes; `embedded` is a switch.
 * @throws ConfigError with all faults at once.
 */
export function loadConfig(
  environment: Readonly<Record<string, string | undefined>>,
  flags: Readonly<Record<string, string | boolean | undefined>>,
): Config {
  const faults: string[] = [];
  const value = (name: SettingName): string | undefined => readSetting(name, environment, flags, faults);
  const embedded = flags['embedded'] === true;
  const cattle = readCattle(embedded, value, faults);
  const auth = readAuth(embedded, cattle?.url, value, faults);
  const config = {
    embedded,
    auth,
    listen: readListen(auth, value('WEBHOOK_LISTEN'), faults),
    urlStyle: oneOf('WEBHOOK_URL_STYLE', value('WEBHOOK_URL_STYLE') ?? 'token', ['token', 'key'], faults),
    legacySchemas:
      oneOf('WEBHOOK_LEGACY_SCHEMAS', value('WEBHOOK_LEGACY_SCHEMAS') ?? 'false', ['true', 'false'], faults) === 'true',
    forwardPost: oneOf('WEBHOOK_FORWARD_POST', value('WEBHOOK_FORWARD_POST') ?? 'auto', ['auto', 'proxy'], faults),
    ...present('cattle', cattle),
    ...present('adminKey', readAdminKey(value, faults)),
    ...present('rsaPublicKey', value('RSA_PUBLIC_KEY_CONTENTS')),
    ...present('rsaPrivateKey', value('RSA_PRIVATE_KEY_CONTENTS')),
    ...present('publicUrl', readPublicUrl(value('WEBHOOK_PUBLIC_URL'), faults)),
    ...present('kubeconfig', value('KUBECONFIG')),
    ...present('kubernetesRules', readKubernetesRules(value('WEBHOOK_KUBERNETES_ALLOW'), faults)),
    ...present('oidcIssuers', readIssuers(value('WEBHOOK_OIDC_ISSUERS'), faults)),
    ...present('dataDir', value('WEBHOOK_DATA_DIR')),
    ...present('databaseUrl', readDatabaseUrl(value('DATABASE_URL'), faults)),
    ...present('secret', value('WEBHOOK_SECRET')),
    ...present('operationsListen', readAddress('WEBHOOK_OPERATIONS_LISTEN', value('WEBHOOK_OPERATIONS_LISTEN'), faults)),
    retention: readRetention(value, faults),
  };
  checkKeys(config, faults);
  checkShared(config, faults);
  // A setting that is read twice has its fault twice.
  if (faults.length > 0) throw new ConfigError([...new Set(faults)]);
  for (const part of [config.listen, config.cattle, config.adminKey]) Object.freeze(part);
  return Object.freeze(config);
}

type Read = (name: SettingName) => string | undefined;

function readSetting(
  name: SettingName,
  environment: Readonly<Record<string, string | undefined>>,
  flags: Readonly<Record<string, string | boolean | undefined>>,
  faults: string[],
): string | undefined {
  const setting: Setting = settings[name];
  const flag = flags[setting.flag];
  if (typeof flag === 'string' && flag !== '') return flag;
  const direct = environment[name];
  if (direct !== undefined && direct !== '') return direct;
  const file = setting.secret ? environment[`${name}_FILE`] : undefined;
  if (!file) return undefined;
  try {
    const text = fs.readFileSync(file, 'utf8').trim();
    if (text === '') faults.push(`${name}_FILE: ${file} is empty`);
    return text === '' ? undefined : text;
  } catch {
    faults.push(`${name}_FILE: ${file} cannot be read`);
    return undefined;
  }
}

function readCattle(embedded: boolean, value: Read, faults: string[]): Config['cattle'] {
  if (embedded) return undefined;
  const names = ['CATTLE_URL', 'CATTLE_ACCESS_KEY', 'CATTLE_SECRET_KEY'] as const;
  const missing = names.filter((name) => value(name) === undefined);
  for (const name of missing) faults.push(`${name} is missing: ${settings[name].description}`);
  if (missing.length > 0)
    faults.push('Without a Rancher 1.6 server, run `webhook-service serve --embedded`, or `webhook-service demo` to look around');
  const url = value('CATTLE_URL') ?? '';
  if (url !== '' && !isHttpUrl(url)) faults.push('CATTLE_URL: an http or https URL is needed, such as http://localhost:8080/v1');
  return { url, accessKey: value('CATTLE_ACCESS_KEY') ?? '', secretKey: value('CATTLE_SECRET_KEY') ?? '' };
}

/** Replicas must all sign and accept the same tokens, and hold the same receivers. */
function checkShared(
  config: Pick<Config, 'databaseUrl' | 'secret' | 'rsaPrivateKey' | 'rsaPublicKey' | 'embedded'>,
  faults: string[],
): void {
  if (config.databaseUrl === undefined) return;
  if (config.rsaPrivateKey === undefined && config.rsaPublicKey === undefined && config.secret === undefined) {
    faults.push(
      'WEBHOOK_SECRET is missing: with DATABASE_URL it seals the token key that all replicas share; or give RSA_PRIVATE_KEY_CONTENTS',
    );
  }
}

function readDatabaseUrl(text: string | undefined, faults: string[]): string | undefined {
  // What is wrong with it is not shown: a password may be in it.
  if (text !== undefined && (!URL.canParse(text) || !/^postgres(ql)?:$/.test(new URL(text).protocol))) {
    faults.push('DATABASE_URL: a postgres:// URL is needed, such as postgres://user:password@host:5432/database');
  }
  return text;
}

function readAddress(name: SettingName, text: string | undefined, faults: string[]): ListenAddress | undefined {
  if (text === undefined) return undefined;
  const [, host = '', port = ''] = /^(?:(.+):)?(\d{1,5})$/.exec(text) ?? [];
  if (port === '' || Number(port) > 65535) faults.push(`${name}: host:port is needed, such as 127.0.0.1:9085`);
  return { host: host.replace(/^\[(.*)\]$/, '$1') || '0.0.0.0', port: Number(port || 0) };
}

function readRetention(value: Read, faults: string[]): RetentionPolicy {
  const number = (name: SettingName, factor: number): number | undefined => {
    const text = value(name);
    if (text === undefined) return undefined;
    if (!/^[1-9]\d{0,9}$/.test(text)) faults.push(`${name}: a whole number from 1 on is needed`);
    return Number(text) * factor;
  };
  const { maxAgeMs, maxDeliveries, maxBytes, minAgeMs } = defaultRetention;
  return {
    maxAgeMs: number('WEBHOOK_RETENTION_DAYS', 24 * 3_600_000) ?? maxAgeMs,
    maxDeliveries: number('WEBHOOK_RETENTION_DELIVERIES', 1) ?? maxDeliveries,
    maxBytes: number('WEBHOOK_RETENTION_MEBIBYTES', 1024 ** 2) ?? maxBytes,
    minAgeMs,
  };
}

/** Before anything is started: a weak or broken key is a fault like any other. */
function checkKeys({ rsaPrivateKey, rsaPublicKey }: Pick<Config, 'rsaPrivateKey' | 'rsaPublicKey'>, faults: string[]): void {
  try {
    if (rsaPrivateKey !== undefined || rsaPublicKey !== undefined) createKeyRing(rsaPrivateKey, rsaPublicKey);
  } catch (thrown) {
    faults.push(`RSA_PRIVATE_KEY_CONTENTS, RSA_PUBLIC_KEY_CONTENTS: ${coerceError(thrown).message}`);
  }
}

function readAdminKey(value: Read, faults: string[]): Config['adminKey'] {
  const accessKey = value('WEBHOOK_ADMIN_ACCESS_KEY');
  const secretKey = value('WEBHOOK_ADMIN_SECRET_KEY');
  if (accessKey === undefined && secretKey === undefined) return undefined;
  if (accessKey === undefined || secretKey === undefined)
    faults.push('WEBHOOK_ADMIN_ACCESS_KEY and WEBHOOK_ADMIN_SECRET_KEY go together');
  return { accessKey: accessKey ?? '', secretKey: secretKey ?? '' };
}

function readAuth(embedded: boolean, cattleUrl: string | undefined, value: Read, faults: string[]): AuthMode {
  const fallback = isLoopbackUrl(cattleUrl ?? '') ? 'cattle' : 'rancher';
  const auth = oneOf(
    'WEBHOOK_AUTH',
    value('WEBHOOK_AUTH') ?? (embedded ? 'embedded' : fallback),
    ['cattle', 'rancher', 'embedded', 'none'],
    faults,
  );
  if (auth === 'embedded' && !embedded) faults.push('WEBHOOK_AUTH=embedded needs --embedded');
  if (embedded && (auth === 'cattle' || auth === 'rancher'))
    faults.push(`WEBHOOK_AUTH=${auth} needs a real Rancher; with --embedded it is embedded or none`);
  return auth;
}

function readListen(auth: AuthMode, text: string | undefined, faults: string[]): ListenAddress {
  const fallback = auth === 'cattle' ? '127.0.0.1:8085' : '0.0.0.0:8085';
  const [, host = '', port = ''] = /^(?:(.+):)?(\d{1,5})$/.exec(text ?? fallback) ?? [];
  const listen = { host: host.replace(/^\[(.*)\]$/, '$1') || '0.0.0.0', port: Number(port || -1) };
  if (port === '' || listen.port > 65535) faults.push('WEBHOOK_LISTEN: host:port is needed, such as 127.0.0.1:8085');
  else if (auth === 'cattle' && !isLoopbackHost(listen.host)) {
    faults.push(
      "WEBHOOK_LISTEN: with WEBHOOK_AUTH=cattle it must be a loopback address, since the callers' headers are believed",
    );
  }
  return listen;
}

function readPublicUrl(text: string | undefined, faults: string[]): string | undefined {
  if (text === undefined) return undefined;
  if (!isHttpUrl(text) || /[?#]/.test(text))
    faults.push('WEBHOOK_PUBLIC_URL: an http or https URL is needed, such as https://hooks.example.com');
  return text.replace(/\/+$/, '');
}

/** YAML, of which JSON is a part. */
function readKubernetesRules(text: string | undefined, faults: string[]): KubernetesRules | undefined {
  if (text === undefined) return undefined;
  try {
    return decodeKubernetesRules(load(text));
  } catch (thrown) {
    faults.push(`WEBHOOK_KUBERNETES_ALLOW: ${coerceError(thrown).message}`);
    return undefined;
  }
}

function readIssuers(text: string | undefined, faults: string[]): readonly string[] | undefined {
  if (text === undefined) return undefined;
  try {
    return parseIssuers(text);
  } catch (thrown) {
    faults.push(`WEBHOOK_OIDC_ISSUERS: ${coerceError(thrown).message}`);
    return undefined;
  }
}

function oneOf<const T extends string>(name: SettingName, value: string, allowed: readonly [T, ...T[]], faults: string[]): T {
  const found = allowed.find((entry) => entry === value);
  if (found === undefined) faults.push(`${name}: ${JSON.stringify(value)} is not one of ${allowed.join(', ')}`);
  return found ?? allowed[0];
}

function present<K extends string, V>(name: K, value: V | undefined): { [name in K]?: V } {
  return value === undefined ? {} : ({ [name]: value } as { [name in K]?: V });
}

function isHttpUrl(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}

function isLoopbackUrl(text: string): boolean {
  return URL.canParse(text) && isLoopbackHost(new URL(text).hostname.replace(/^\[(.*)\]$/, '$1'));
}

export function isLoopbackHost(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host);
}
