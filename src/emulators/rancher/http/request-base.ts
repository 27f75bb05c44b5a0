import type { IncomingHttpHeaders } from 'node:http';

function first(headers: IncomingHttpHeaders, name: string): string {
  const value = headers[name];
  return ((Array.isArray(value) ? value[0] : value) ?? '').split(',')[0]?.trim() ?? '';
}

/**
 * The address under which the caller sees this server, without the path. `X-API-request-url` names the whole URL;
 * `X-Forwarded-Proto` brings `X-Forwarded-Host` and `X-Forwarded-Port` into force, where 80 and 443 count as not given;
 * else it is `http://` and the Host header (go-rancher api/url.go and Cattle's UrlBuilder agree on this).
 *
 * @param path path of the request as received.
 * @param fallback address used if the caller sent no Host, or one that is none.
 */
export function requestBase(headers: IncomingHttpHeaders, path: string, fallback: string): string {
  const whole = (first(headers, 'x-api-request-url').split('?')[0] ?? '').replace(/[\s"<>]/g, '');
  if (whole !== '') {
    const at = whole.lastIndexOf(path);
    if (at > 0 && path !== '/') return whole.slice(0, at);
    return /^https?:/i.test(whole) && URL.canParse(whole) ? new URL(whole).origin : fallback;
  }
  const proto = /^[a-z]+$/i.exec(first(headers, 'x-forwarded-proto'))?.[0] ?? '';
  const host = proto === '' ? first(headers, 'host') : first(headers, 'x-forwarded-host') || first(headers, 'host');
  if (!/^[\w.:[\]-]+$/.test(host) || !URL.canParse(`http://${host}`)) return fallback;
  if (proto === '') return `http://${host}`;
  const port = first(headers, 'x-forwarded-port');
  if (port === '' || port === '80' || port === '443') return `${proto}://${host}`;
  return `${proto}://${host.replace(/:\d+$/, '')}:${port}`;
}
