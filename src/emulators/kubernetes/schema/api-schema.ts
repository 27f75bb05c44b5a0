import { apiMessages } from './api-messages.ts';

export interface SchemaField {
  readonly number: number;
  readonly name: string;
  readonly kind: 'one' | 'list' | 'map';
  /** `s`, `i`, `b`, `x`, `d`, or the name of a message. */
  readonly type: string;
}

/** Messages that stand in JSON for something else than an object. */
export const wellKnown: ReadonlySet<string> = new Set(['Time', 'MicroTime', 'Quantity', 'IntOrString', 'FieldsV1']);

/** Fields that are messages of their own in protobuf, while in JSON what is in them stands beside them. */
export const inlined: ReadonlySet<string> = new Set([
  'volumeSource',
  'persistentVolumeSource',
  'handler',
  'ingressRuleValue',
  'localObjectReference',
  'ephemeralContainerCommon',
]);

const kinds = { '': 'one', '*': 'list', '%': 'map' } as const;
let messages: ReadonlyMap<string, readonly SchemaField[]> | undefined;

/** The fields of a message; undefined for one that is not known. */
export function fieldsOf(message: string): readonly SchemaField[] | undefined {
  messages ??= new Map(
    apiMessages
      .trim()
      .split('\n')
      .map((line) => {
        const [name = '', fields = ''] = line.split(': ');
        return [name, fields.split(', ').flatMap(parseField)];
      }),
  );
  return messages.get(message);
}

/** The message of a kind. */
export function messageOf(apiVersion: string, kind: string): string {
  const qualified = `${kind}@${apiVersion.replace('/', '.')}`;
  return fieldsOf(qualified) ? qualified : kind;
}

function parseField(text: string): SchemaField[] {
  const [, number, kind = '', name = '', type = ''] = /^(\d+)([*%]?) (\S+) (\S+)$/.exec(text) ?? [];
  return number === undefined ? [] : [{ number: Number(number), name, kind: kinds[kind as '' | '*' | '%'], type }];
}
