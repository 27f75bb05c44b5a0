import { isKeptHeader } from '../deliveries/stored-request.ts';
import { isAnyOf } from './constant-time.ts';
import { requireHeader, type SenderCheck, unauthorized } from './sender-proof.ts';

/** Those that say something of the connection, or that HTTP itself reads. */
const unfit: ReadonlySet<string> = new Set([
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'cookie',
  'expect',
  'host',
  'keep-alive',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Why a header cannot hold a secret; undefined where it can. */
export function secretHeaderFault(name: string): string | undefined {
  if (!/^[A-Za-z0-9_-]{1,100}$/.test(name)) return 'must be letters, digits, - and _';
  if (unfit.has(name.toLowerCase())) return 'has a meaning of its own';
  // What it holds would be shown to whoever may read deliveries.
  if (isKeptHeader(name.toLowerCase())) return 'is stored with every delivery';
  return undefined;
}

/** Why a secret could never be the value of a header; undefined where it could. */
export function headerValueFault(secret: string): string | undefined {
  if (/(?!\t)\p{Cc}/u.test(secret)) return 'has a line break or another control character';
  return secret.trim() === secret ? undefined : 'begins or ends with a blank';
}

/** A header whose whole value is a secret: Harbor's and GitLab's tokens, the custom headers of Azure and of a registry's own. */
export function secretHeaderCheck(name: string, secrets: readonly string[]): SenderCheck {
  return (proof) => {
    if (!isAnyOf(requireHeader(proof, name).bytes, secrets))
      throw unauthorized(`The header ${name} is no secret of this receiver`);
  };
}
