import { fieldsOf, inlined, messageOf, type SchemaField } from './api-schema.ts';
import type { JsonMap } from '../objects/kubernetes-object.ts';
import { setField } from '../objects/set-field.ts';
import { StatusError } from '../http/status-error.ts';
import { WireReader, type WireValue } from '../http/wire-reader.ts';

const magic = Buffer.from('k8s\0');
/** Deeper than any object of the API. */
const maxDepth = 60;

/** Fields that Go writes even if they were never set; 0 and false say nothing there. */
const meaninglessZero = new Set([
  'nodePort',
  'healthCheckNodePort',
  'hostPort',
  'generation',
  'minReadySeconds',
  'paused',
  'hostNetwork',
  'hostPID',
  'hostIPC',
  'stdin',
  'stdinOnce',
  'tty',
  'readOnly',
  'publishNotReadyAddresses',
]);

/** An object as Kubernetes writes it in protobuf. @throws StatusError 400 for what is none, 415 for a kind that is not known. */
export function parseProtobuf(body: Buffer): JsonMap {
  if (!body.subarray(0, magic.length).equals(magic)) throw malformed();
  let typeMeta: Buffer = Buffer.alloc(0);
  let raw: Buffer = Buffer.alloc(0);
  for (const { number, value } of new WireReader(body.subarray(magic.length))) {
    if (number === 1 && Buffer.isBuffer(value)) typeMeta = value;
    if (number === 2 && Buffer.isBuffer(value)) raw = value;
  }
  const [apiVersion = '', kind = ''] = [1, 2].map((wanted) => {
    const found = [...new WireReader(typeMeta)].find(({ number }) => number === wanted)?.value;
    return Buffer.isBuffer(found) ? found.toString('utf8') : '';
  });
  const message = messageOf(apiVersion, kind);
  if (!fieldsOf(message)) {
    const text = `the body of the request was in an unknown format - the emulator reads ${kind} only as application/json`;
    throw new StatusError(415, text);
  }
  return { apiVersion, kind, ...readMessage(message, raw, 0) };
}

function readMessage(message: string, bytes: Buffer, depth: number): JsonMap {
  if (depth > maxDepth) throw new StatusError(400, 'the object provided is nested too deeply');
  const fields = new Map((fieldsOf(message) ?? []).map((field) => [field.number, field]));
  const result: JsonMap = {};
  for (const { number, value } of new WireReader(bytes)) {
    const field = fields.get(number);
    if (!field) continue;
    if (field.kind === 'map') addEntry(result, field, value, depth);
    else if (field.kind === 'list') addToList(result, field.name, readValue(field.type, value, depth));
    else if (inlined.has(field.name)) Object.assign(result, readValue(field.type, value, depth));
    else addField(result, field, readValue(field.type, value, depth));
  }
  return result;
}

function addField(result: JsonMap, { name }: SchemaField, value: unknown): void {
  const saysNothing = value === '' || value === undefined || (meaninglessZero.has(name) && (value === 0 || value === false));
  if (!saysNothing) setField(result, name, value);
}

function addToList(result: JsonMap, name: string, value: unknown): void {
  const list = Object.hasOwn(result, name) ? result[name] : undefined;
  if (Array.isArray(list)) list.push(value);
  else setField(result, name, [value]);
}

function addEntry(result: JsonMap, field: SchemaField, value: WireValue, depth: number): void {
  let name = '';
  let entry: unknown = field.type === 's' ? '' : undefined;
  for (const part of new WireReader(bytesOf(value))) {
    if (part.number === 1) name = bytesOf(part.value).toString('utf8');
    if (part.number === 2) entry = readValue(field.type, part.value, depth);
  }
  const map = Object.hasOwn(result, field.name) ? (result[field.name] as JsonMap) : {};
  setField(map, name, entry);
  setField(result, field.name, map);
}

function readValue(type: string, value: WireValue, depth: number): unknown {
  switch (type) {
    case 's':
      return bytesOf(value).toString('utf8');
    case 'x':
      return bytesOf(value).toString('base64');
    case 'b':
      return numberOf(value) !== 0;
    case 'i':
      return numberOf(value);
    case 'd':
      return Buffer.isBuffer(value) ? value.readDoubleLE() : Number(value);
    case 'Time':
    case 'MicroTime':
      return timeOf(bytesOf(value));
    case 'Quantity':
      return bytesOf(part(bytesOf(value), 1) ?? Buffer.alloc(0)).toString('utf8');
    case 'FieldsV1':
      return JSON.parse(bytesOf(part(bytesOf(value), 1) ?? Buffer.from('{}')).toString('utf8'));
    case 'IntOrString': {
      const isText = numberOf(part(bytesOf(value), 1) ?? 0n) === 1;
      const found = part(bytesOf(value), isText ? 3 : 2);
      return isText ? bytesOf(found ?? Buffer.alloc(0)).toString('utf8') : numberOf(found ?? 0n);
    }
    default:
      return readMessage(type, bytesOf(value), depth + 1);
  }
}

/** An empty time is one that was never set. */
function timeOf(bytes: Buffer): string | undefined {
  const seconds = numberOf(part(bytes, 1) ?? 0n);
  return seconds > 0 ? new Date(seconds * 1000).toISOString().replace(/\.\d+Z$/, 'Z') : undefined;
}

function part(bytes: Buffer, wanted: number): WireValue | undefined {
  return [...new WireReader(bytes)].find(({ number }) => number === wanted)?.value;
}

function bytesOf(value: WireValue): Buffer {
  if (Buffer.isBuffer(value)) return value;
  throw malformed();
}

function numberOf(value: WireValue): number {
  if (Buffer.isBuffer(value)) throw malformed();
  return Number(BigInt.asIntN(64, value));
}

function malformed(): StatusError {
  return new StatusError(400, 'the object provided is unrecognized: it is no protobuf of Kubernetes');
}
