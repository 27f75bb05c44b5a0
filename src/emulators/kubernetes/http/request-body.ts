import type { IncomingMessage } from 'node:http';
import { finished } from 'node:stream/promises';
import { load } from 'js-yaml';
import { jsonDepth } from '../../shared/json-depth.ts';
import { readBody } from '../../shared/read-body.ts';
import { parseProtobuf } from '../schema/protobuf.ts';
import { StatusError } from './status-error.ts';

/** As the API server's own limit for a request, bytes. */
const maxBodyBytes = 3 * 1024 * 1024;
/** Of a larger body nothing is read. */
const mostDrainedBytes = 32 * 1024 * 1024;
/** Deeper than any object of the API. */
const maxDepth = 100;

/** The body of a request, whatever it is written in; undefined if it is empty. @throws StatusError 400, 413 or 415 */
export async function parseBody(request: IncomingMessage): Promise<unknown> {
  const contentType = request.headers['content-type'] ?? '';
  const body = await readWithin(request);
  if (body.length === 0) return undefined;
  if (contentType.startsWith('application/vnd.kubernetes.protobuf')) return parseProtobuf(body);
  if (!/^\s*($|application\/(json|yaml|[\w.-]+\+(json|yaml))\s*(;|$))/i.test(contentType))
    throw new StatusError(
      415,
      'the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf',
    );
  const text = body.toString('utf8');
  if (jsonDepth(text) > maxDepth) throw new StatusError(400, 'the object provided is nested too deeply');
  try {
    return JSON.parse(text);
  } catch (thrown) {
    if (contentType.includes('yaml')) return parseYaml(text);
    const why = thrown instanceof Error ? thrown.message : 'no JSON';
    throw new StatusError(400, `the object provided is unrecognized (must be of type Object): ${why}`, undefined, 'BadRequest');
  }
}

/** Who sends too much is answered when he has sent it, or he sees nothing but a connection that was cut. */
async function readWithin(request: IncomingMessage): Promise<Buffer> {
  try {
    return await readBody(request, maxBodyBytes);
  } catch (thrown) {
    const isBearable = Number(request.headers['content-length'] ?? 0) <= mostDrainedBytes;
    if (isBearable && !request.destroyed) await finished(request.resume()).catch(() => undefined);
    throw thrown;
  }
}

/** Texts that look like times stay texts, and nothing may point at itself. */
function parseYaml(text: string): unknown {
  try {
    return JSON.parse(JSON.stringify(load(text)) ?? 'null');
  } catch (thrown) {
    throw new StatusError(400, `error decoding YAML: ${thrown instanceof Error ? thrown.message : 'unknown'}`);
  }
}
