/** About this connection, not about the message. @see https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1 */
const hopByHop = new Set([
  'connection',
  'expect',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Ours to set, or a credential of the caller or of Rancher. */
const withheld = new Set(['host', 'content-length', 'cookie', 'authorization', 'forwarded']);

/** The headers of a delivery that a container gets; the Go service passed on the caller's cookies and Rancher's own headers too. */
export function forwardedHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  const named = new Set((headers['connection'] ?? '').toLowerCase().split(/\s*,\s*/));
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => {
      const lower = name.toLowerCase();
      if (hopByHop.has(lower) || withheld.has(lower) || named.has(lower)) return false;
      return !lower.startsWith('x-api-') && !lower.startsWith('x-forwarded-');
    }),
  );
}
