import { crc32 } from 'node:zlib';
import { bytes, integer, optionalText, text } from './rows.ts';
import type { Row } from './transaction.ts';

/** What is told of a delivery whose row is not as it was written. */
export const damagedMessage = 'set aside: what is stored for it is damaged';

/** Of what was asked for, exactly as it is stored. Neither database notices a bit that changed within a row. */
export function checksumOf(texts: readonly (string | number | null)[], body?: Uint8Array): number {
  const checksum = crc32(JSON.stringify(texts));
  return body === undefined ? checksum : crc32(body, checksum);
}

const deliveryColumns = [
  'project_id',
  'receiver_id',
  'receiver_name',
  'receiver_key',
  'driver',
  'kind',
  'events',
  'config',
  'headers',
  'query',
] as const;

export type DeliveryContent = Readonly<Record<(typeof deliveryColumns)[number], string>> & { readonly body: Uint8Array };

export function checksumOfDelivery(content: DeliveryContent): number {
  return checksumOf(
    deliveryColumns.map((column) => content[column]),
    content.body,
  );
}

export function isDeliveryWhole(row: Row): boolean {
  const texts = deliveryColumns.map((column) => text(row, column));
  return checksumOf(texts, bytes(row, 'body')) === integer(row, 'checksum');
}

export interface WorkContent {
  readonly delivery: number;
  readonly kind: string;
  readonly lane: string;
  readonly upstream: string;
  readonly streams: string;
  readonly target: string | null;
  readonly planned: string | null;
}

export function checksumOfWork({ delivery, kind, lane, upstream, streams, target, planned }: WorkContent): number {
  return checksumOf([delivery, kind, lane, upstream, streams, target, planned]);
}

/** The content of a row of work, as it is checked. */
export function workContent(row: Row): WorkContent {
  return {
    delivery: integer(row, 'delivery'),
    kind: text(row, 'kind'),
    lane: text(row, 'lane'),
    upstream: text(row, 'upstream'),
    streams: text(row, 'streams'),
    target: optionalText(row, 'target') ?? null,
    planned: optionalText(row, 'planned') ?? null,
  };
}

export function isWorkWhole(row: Row): boolean {
  return checksumOfWork(workContent(row)) === integer(row, 'checksum');
}
