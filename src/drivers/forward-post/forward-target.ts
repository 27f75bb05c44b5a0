import { ServiceError } from '../../framework/errors.ts';
import type { ForwardPostConfig, ForwardPostInput } from './definition.ts';

/**
 * Where a config says that a post goes, encoded such that it can only mean a path in that service's container: through
 * Rancher's proxy a `..` would lead to other services, and to other projects.
 * @throws ServiceError
 */
export function forwardTarget(config: ForwardPostConfig, deliveryQuery: string): ForwardPostInput {
  const { serviceName = '', port = '', path = '' } = config;
  if (!/^[\w-]+(\.[\w-]+)*$/.test(serviceName)) refuse(`Invalid serviceName ${JSON.stringify(serviceName)}`);
  if (!/^\d{1,5}$/.test(port) || Number(port) < 1 || Number(port) > 65_535) refuse(`Invalid port ${JSON.stringify(port)}`);
  if (!staysInside(path)) refuse(`Invalid path ${JSON.stringify(path)}`);
  const question = path.indexOf('?');
  const pathname = question < 0 ? path : path.slice(0, question);
  const ownQuery = question < 0 ? '' : path.slice(question + 1);
  return {
    service: serviceName,
    port: Number(port),
    path: encode(normalise(pathname), /[^\w\-.~!$&'()*+,;=:@/%]/gu),
    query: [ownQuery, deliveryQuery]
      .filter((part) => part !== '')
      .map((part) => encode(part, /[^\w\-.~!$&'()*+,;=:@/?%[\]]/gu))
      .join('&'),
  };
}

/** Proxies decode a path once or twice: what any of them could read is looked at. */
const maxDecodings = 4;

function staysInside(path: string): boolean {
  let text = path;
  for (let round = 0; round <= maxDecodings; round += 1) {
    if (/\p{Cc}/u.test(text) || text.split(/[\\/?]/).includes('..')) return false;
    const decoded = text.replace(/%([\da-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
    if (decoded === text) return true;
    text = decoded;
  }
  return false;
}

/** One slash in front and between; Rancher's proxy would answer anything else with a redirect. */
function normalise(path: string): string {
  const segments = path.split('/').filter((segment) => segment !== '' && segment !== '.');
  const end = segments.length > 0 && /\/\.?$/.test(path) ? '/' : '';
  return `/${segments.join('/')}${end}`;
}

function encode(text: string, unsafe: RegExp): string {
  const encoded = text.toWellFormed().replace(unsafe, encodeURIComponent);
  return encoded.replace(/%(?![\da-f]{2})/gi, '%25');
}

function refuse(text: string): never {
  throw new ServiceError('Refused', text);
}
