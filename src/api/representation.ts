import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { isJsonObject, type JsonObject } from '../framework/json.ts';
import type { UrlBuilder } from './url-builder.ts';

/** A page for browsers instead of bare JSON, by go-rancher's rule. */
export function wantsHtml(headers: IncomingHttpHeaders, query: URLSearchParams): boolean {
  const format = query.get('_format')?.toLowerCase();
  if (format === 'html') return true;
  if (format === 'json') return false;
  const accept = headers.accept ?? '';
  return /mozilla/i.test(headers['user-agent'] ?? '') && (accept === '' || accept.includes('*/*'));
}

/** JSON as Go writes a map: one line, keys sorted at every level, ended by a line feed. */
export function toGoJson(value: unknown): string {
  return `${escapeLineSeparators(JSON.stringify(sorted(value)))}\n`;
}

function sorted(value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed();
  if (Array.isArray(value)) return value.map(sorted);
  if (!isJsonObject(value)) return value;
  const entries = Object.entries(value).filter(([, entry]) => entry !== undefined);
  const ordered: [string, unknown][] = entries
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, entry]) => [name, sorted(entry)]);
  // fromEntries defines `__proto__` as an ordinary key, where an assignment would change the prototype.
  return Object.fromEntries(ordered);
}

function escapeLineSeparators(json: string): string {
  return json.replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029');
}

/** What may stand inside a script element: no character that could end it or a comment. */
function escapeForScript(json: string): string {
  return json.replaceAll('&', '\\u0026').replaceAll('<', '\\u003c').replaceAll('>', '\\u003e');
}

/** The frame of Rancher's own browsable API, byte for byte. */
function toHtml(json: string, schemas: string): string {
  return `<!DOCTYPE html>
<!-- If you are reading this, there is a good chance you would prefer sending an
"Accept: application/json" header and receiving actual JSON responses. -->
<link rel="stylesheet" type="text/css" href="https://releases.rancher.com/api-ui/1.0.5/ui.css" />
<script src="https://releases.rancher.com/api-ui/1.0.5/ui.js"></script>
<script>
var curlUser='\${RANCHER_ACCESS_KEY}:\${RANCHER_SECRET_KEY}';
var schemas=${escapeForScript(escapeLineSeparators(JSON.stringify(schemas)))};
//var docs = "http://url-to-your-docs/site";
//BEFORE DATA
var data = 
${escapeForScript(json)};
</script>`;
}

export interface Representation {
  readonly status: number;
  readonly body: JsonObject;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Writes a resource, a collection or an error in the form that the caller wants. */
export function write(
  response: ServerResponse,
  { status, body, headers }: Representation,
  urls: UrlBuilder,
  html: boolean,
): void {
  const json = toGoJson(body);
  const text = html ? toHtml(json, urls.schemas()) : json;
  response.writeHead(status, {
    'Content-Type': html ? 'text/html; charset=utf-8' : 'application/json',
    'Content-Length': Buffer.byteLength(text),
    'X-Api-Schemas': asHeaderValue(urls.schemas()),
    ...headers,
  });
  response.end(text);
}

/** The URL was made of the caller's own headers and path: whatever a header may not hold is percent-encoded. */
function asHeaderValue(url: string): string {
  // oxlint-disable-next-line no-control-regex
  return url.toWellFormed().replace(/[^\u0021-\u007e]/gu, (character) => encodeURIComponent(character));
}

/** The body of every error, as the Go service has it. */
export function errorBody(status: number, message: string, urls: UrlBuilder, details: JsonObject = {}): JsonObject {
  return {
    actions: {},
    links: { self: urls.current },
    message,
    status: 'Server Error',
    statusCode: status,
    type: 'error',
    ...details,
  };
}
