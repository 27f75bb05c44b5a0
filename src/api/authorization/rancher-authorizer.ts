import crypto from 'node:crypto';
import { ServiceError } from '../../framework/errors.ts';
import { isJsonObject } from '../../framework/json.ts';
import { LruMap } from '../../framework/lru-map.ts';
import type { Answer, CallOptions } from '../../rancher/http-caller.ts';
import { pathPart } from '../../rancher/path-part.ts';
import {
  type Access,
  type AuthorizationRequest,
  type Authorizer,
  basicCredentials,
  callerOf,
  headerText,
  requireProjectId,
} from './authorizer.ts';

/** For how long an answer is believed, milliseconds. */
const believedMs = 5_000;
const maxBelieved = 10_000;
const refusals: ReadonlySet<number> = new Set([400, 403, 404]);

/** The part of the Rancher client that the authorizer uses. */
export interface CallerChecks {
  readonly url: { readonly api: string };
  callAs(options: CallOptions): Promise<Pick<Answer, 'status' | 'text'> & { headers?: Pick<Answer['headers'], 'get'> }>;
}

/**
 * `WEBHOOK_AUTH=rancher`: in front of or beside Rancher. The caller's own credentials, and nothing else of its headers, are
 * tried on the project's schema of genericObject: who may POST one may write.
 */
export class RancherAuthorizer implements Authorizer {
  readonly #rancher: CallerChecks;
  readonly #now: () => number;
  readonly #believed = new LruMap<string, { access: Access; at: number }>(maxBelieved);
  /** Many requests of one caller at a time ask once. */
  readonly #asking = new Map<string, Promise<Access>>();

  /** @param now milliseconds of a clock that never goes back. */
  constructor(rancher: CallerChecks, now: () => number = () => performance.now()) {
    this.#rancher = rancher;
    this.#now = now;
  }

  async authorize(request: AuthorizationRequest, projectId: string): Promise<Access> {
    requireProjectId(projectId);
    const credentials = credentialsOf(request);
    const name = crypto
      .createHash('sha256')
      .update(JSON.stringify([credentials, projectId]))
      .digest('base64');
    const believed = this.#believed.get(name);
    const at = this.#now();
    if (believed && at - believed.at < believedMs) return believed.access;
    const { accessKey } = basicCredentials(request.headers);
    const asking = this.#asking.get(name) ?? this.#ask(credentials, projectId, accessKey);
    this.#asking.set(name, asking);
    try {
      const access = await asking;
      this.#believed.set(name, { access, at });
      return access;
    } finally {
      this.#asking.delete(name);
    }
  }

  async #ask(credentials: Record<string, string>, projectId: string, accessKey: string): Promise<Access> {
    const part = pathPart(projectId);
    if (part === undefined) throw new ServiceError('Forbidden', `No access to project ${projectId}`);
    const url = `${this.#rancher.url.api}/projects/${part}/schemas/genericObject`;
    const headers = { Accept: 'application/json', 'X-API-No-Challenge': 'true', ...credentials };
    const answer = await this.#rancher.callAs({ method: 'GET', url, headers }).catch((cause: unknown) => {
      throw new ServiceError('Unavailable', 'Rancher cannot be asked about your rights', { cause, retryAfterSeconds: 1 });
    });
    if (answer.status === 401) throw new ServiceError('Unauthorized', 'Rancher does not accept these credentials');
    // 400 is what Rancher says to what is no id at all.
    if (refusals.has(answer.status)) throw new ServiceError('Forbidden', `No access to project ${projectId}`);
    if (answer.status !== 200) {
      throw new ServiceError('Unavailable', `Rancher answered ${answer.status} when asked about your rights`, {
        retryAfterSeconds: 1,
      });
    }
    const methods = collectionMethods(answer.text);
    if (!methods) throw new ServiceError('Unavailable', 'Rancher gave no answer about your rights', { retryAfterSeconds: 1 });
    return { mayWrite: methods.includes('POST'), ...callerOf(accessKey, answer.headers?.get('x-api-user-id') ?? '') };
  }
}

/** @throws ServiceError `Unauthorized` without any, `Forbidden` for a write by cookie without its CSRF token. */
function credentialsOf({ method, headers }: AuthorizationRequest): Record<string, string> {
  const authorization = headerText(headers, 'authorization');
  if (authorization !== '') return { Authorization: authorization };
  const cookies = new Map(headerText(headers, 'cookie').split(';').map(splitCookie));
  const token = cookies.get('token');
  if (!token) throw new ServiceError('Unauthorized', 'Rancher credentials are needed: an API key or the cookie of a login');
  const csrf = headerText(headers, 'x-api-csrf');
  if (method !== 'GET' && (csrf === '' || csrf !== cookies.get('CSRF'))) {
    throw new ServiceError('Forbidden', 'A write with a cookie needs its X-API-CSRF header');
  }
  return { Cookie: `token=${token}` };
}

function splitCookie(cookie: string): [string, string] {
  const [name = '', ...value] = cookie.split('=');
  return [name.trim(), value.join('=').trim()];
}

/** Undefined for what is not the schema that was asked for, such as the page of a proxy: nobody may do anything then. */
function collectionMethods(text: string): readonly unknown[] | undefined {
  try {
    const schema: unknown = JSON.parse(text);
    if (!isJsonObject(schema) || schema['id'] !== 'genericObject') return undefined;
    return Array.isArray(schema['collectionMethods']) ? schema['collectionMethods'] : [];
  } catch {
    return undefined;
  }
}
