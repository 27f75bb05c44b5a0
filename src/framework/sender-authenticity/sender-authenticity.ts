import type { DriverConfig, DriverDefinition } from '../driver.ts';
import { ServiceError } from '../errors.ts';
import { artifactorySignature, bodySignatureCheck, githubSignature, nexusSignature } from './body-signature.ts';
import { defaultIssuers, identifyingClaims } from './issuers.ts';
import { type IssuerKeys, oidcTokenCheck, type WantedToken } from './oidc-token.ts';
import { headerValueFault, secretHeaderCheck, secretHeaderFault } from './secret-header.ts';
import {
  type Authentication,
  authenticationField,
  authentications,
  defaultHeaderName,
  fieldsOf,
  type SenderConfig,
} from './sender-fields.ts';
import type { SenderCheck, SenderProof } from './sender-proof.ts';
import { parseStandardKey, standardWebhooksCheck } from './standard-webhooks.ts';

export interface SenderAuthenticityOptions {
  /** The only issuers that tokens are taken from, and keys fetched from. */
  readonly issuers?: readonly string[];
  /** Absent: tokens cannot be verified, and are refused. */
  readonly keys?: IssuerKeys;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

const maxSecrets = 10;
const maxSecretLength = 4_096;
const maxClaims = 20;
const maxTextLength = 1_024;

const noKeys: IssuerKeys = {
  find: () => Promise.reject(new ServiceError('Unavailable', 'Tokens cannot be verified here', { retryAfterSeconds: 60 })),
};

/** Verifies that a request comes from the sender that its receiver expects. */
export class SenderAuthenticity {
  readonly #issuers: readonly string[];
  readonly #keys: IssuerKeys;
  readonly #now: () => number;
  /** A receiver is hit many times before its config is read anew. */
  readonly #checks = new WeakMap<DriverConfig, SenderCheck>();

  constructor({ issuers = defaultIssuers, keys = noKeys, now = Date.now }: SenderAuthenticityOptions = {}) {
    this.#issuers = issuers;
    this.#keys = keys;
    this.#now = now;
  }

  /** Whether a decoded config, of any driver, asks for a proof. One that forgot what its secrets are for does too. */
  static isAsked({ fields }: DriverDefinition, { authentication, secrets }: SenderConfig): boolean {
    if (authentication === 'none' || (authentication === undefined && secrets === undefined)) return false;
    return fields.includes(authenticationField);
  }

  /** Checks the fields of a config before it is stored. @throws ServiceError `InvalidConfig` */
  check(config: DriverConfig): void {
    this.#create(config);
  }

  /**
   * @throws ServiceError `Unauthorized` with the header that is wrong; `Unavailable` where an issuer's keys cannot be had;
   * `InvalidConfig` for a config that was stored past our API.
   */
  async verify(config: DriverConfig, proof: SenderProof): Promise<void> {
    let check = this.#checks.get(config);
    if (check === undefined) {
      check = this.#create(config);
      this.#checks.set(config, check);
    }
    await check(proof);
  }

  #create(config: SenderConfig): SenderCheck {
    const create: Readonly<Record<Authentication, () => SenderCheck>> = {
      none: () => () => undefined,
      github: () => bodySignatureCheck(githubSignature, requireSecrets(config)),
      nexus: () => bodySignatureCheck(nexusSignature, requireSecrets(config)),
      artifactory: () => bodySignatureCheck(artifactorySignature, requireSecrets(config)),
      header: () => secretHeaderCheck(requireHeaderName(config), requireSecrets(config, headerValueFault)),
      standardWebhooks: () => standardWebhooksCheck(requireStandardKeys(config), this.#now),
      oidc: () => oidcTokenCheck(this.#requireToken(config), this.#keys, this.#now),
    };
    return create[requireAuthentication(config)]();
  }

  #requireToken({ issuer = '', audience = '', claims = {} }: SenderConfig): WantedToken {
    if (issuer === '') throw refused('issuer', 'issuer not provided');
    if (!this.#issuers.includes(issuer))
      throw refused(
        'issuer',
        `Invalid issuer, must be one of ${this.#issuers.join(', ')}: the operator sets WEBHOOK_OIDC_ISSUERS`,
      );
    if (audience === '') throw refused('audience', 'audience not provided');
    const entries = Object.entries(claims).map(([name, value]): [string, string] => [name, value ?? '']);
    if (entries.length > maxClaims) throw refused('claims', `At most ${maxClaims} claims can be given`);
    for (const [name, value] of entries) {
      if (name === '' || value === '' || name.length + value.length > maxTextLength)
        throw refused('claims', 'Each claim needs a name and a value');
    }
    // Anybody can get a token of a public issuer, for any audience.
    const telling = identifyingClaims.get(issuer);
    const isTold = entries.some(([name, value]) => (telling?.includes(name) ?? true) && /[\p{L}\p{N}]/u.test(value));
    if (!isTold) throw refused('claims', `Claims not provided that tell the sender: ${telling?.join(', ') ?? 'any of its own'}`);
    return { issuer, audience, claims: Object.fromEntries(entries) };
  }
}

function requireAuthentication(config: SenderConfig): Authentication {
  const given = config.authentication;
  const known = authentications.find((each) => each === (given ?? 'none'));
  if (known === undefined)
    throw refused('authentication', `Invalid authentication, must be one of ${authentications.join(', ')}`);
  const others = fieldsOf.none.filter((name) => config[name] !== undefined);
  if (given === undefined && others.length > 0)
    throw refused('authentication', `authentication not provided, but ${others.join(', ')}; none switches it off`);
  // Secrets may be those that a PUT keeps.
  const foreign = others.find((name) => name !== 'secrets' && !fieldsOf[known].includes(name));
  if (foreign !== undefined) throw refused(foreign, `${foreign} is not for authentication ${known}`);
  return known;
}

function requireSecrets({ secrets = [] }: SenderConfig, faultOf?: (secret: string) => string | undefined): readonly string[] {
  if (secrets.length === 0) throw refused('secrets', 'secrets not provided');
  if (secrets.length > maxSecrets) throw refused('secrets', `At most ${maxSecrets} secrets can be given`);
  return secrets.map((secret, index) => {
    const fault =
      secret === null || secret === ''
        ? 'is empty'
        : secret.length > maxSecretLength
          ? `is longer than ${maxSecretLength} characters`
          : faultOf?.(secret);
    if (fault !== undefined) throw refused('secrets', `Invalid secrets: number ${index + 1} ${fault}`);
    return secret ?? '';
  });
}

function requireStandardKeys(config: SenderConfig): NonNullable<ReturnType<typeof parseStandardKey>>[] {
  return requireSecrets(config).flatMap((secret, index) => {
    const key = parseStandardKey(secret);
    if (key === undefined) throw refused('secrets', `Invalid secrets: number ${index + 1} must be whsec_ or whpk_ and base64`);
    return [key];
  });
}

function requireHeaderName({ headerName = defaultHeaderName }: SenderConfig): string {
  const fault = secretHeaderFault(headerName);
  if (fault !== undefined) throw refused('headerName', `Invalid headerName: such a header ${fault}`);
  return headerName;
}

function refused(fieldName: string, message: string): ServiceError {
  return new ServiceError('InvalidConfig', message, { fieldName });
}
