import type { KeyObject } from 'node:crypto';
import { isJsonObject } from '../../framework/json.ts';
import { isLoopbackHttp } from '../../framework/sender-authenticity/issuers.ts';
import { parseKeySet } from './parse-key-set.ts';

/** Longest answer that is read, bytes: Google's and GitHub's have a few thousand. */
const maxAnswerBytes = 256 * 1024;
/** How long both calls may take together, milliseconds. */
const timeoutMs = 5_000;

/**
 * The keys of an issuer, by OpenID Connect Discovery. Follows no redirect: what an issuer is, the operator has said.
 * @throws Error that says what went wrong.
 * @see https://openid.net/specs/openid-connect-discovery-1_0.html
 */
export async function fetchKeySet(issuer: string): Promise<ReadonlyMap<string, KeyObject>> {
  const signal = AbortSignal.timeout(timeoutMs);
  const metadata = await getJson(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, signal);
  if (!isJsonObject(metadata) || metadata['issuer'] !== issuer) throw new Error('the answer to discovery is of another issuer');
  return parseKeySet(await getJson(requireKeySetUrl(metadata['jwks_uri'], issuer), signal));
}

/** Keys that came over plain http could be anybody's: only the own machine may use it, for itself. */
function requireKeySetUrl(url: unknown, issuer: string): string {
  if (typeof url === 'string' && URL.canParse(url)) {
    const { protocol, username, origin } = new URL(url);
    const isOwn = isLoopbackHttp(issuer) && origin === new URL(issuer).origin;
    if ((protocol === 'https:' || isOwn) && username === '') return url;
  }
  throw new Error('the answer to discovery has no https address of keys');
}

async function getJson(url: string, signal: AbortSignal): Promise<unknown> {
  const headers = { Accept: 'application/json', 'Accept-Encoding': 'identity' };
  // Few services verify tokens of others: the rest does without its memory.
  const { default: fetch } = await import('node-fetch');
  const response = await fetch(url, { headers, redirect: 'error', size: maxAnswerBytes, compress: false, signal });
  if (response.status !== 200) throw new Error(`${new URL(url).host} answered ${response.status}`);
  return JSON.parse(await response.text()) as unknown;
}
