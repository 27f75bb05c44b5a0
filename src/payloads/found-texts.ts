import { limits } from '../framework/limits.ts';
import type { Payload } from '../framework/payload-format.ts';
import { entriesOf, sharedEntries, type FoundValue, type JsonPath } from './json-path.ts';
import { refuse } from './required-part.ts';

/** A text that a path found; empty where there is null in its place. */
export interface FoundText extends Pick<FoundValue, 'entry'> {
  readonly text: string;
}

/** What a field of the receiver finds in a body. */
export interface Findings {
  /** The field's name, for people. */
  readonly field: string;
  readonly path: JsonPath;
  readonly texts: readonly FoundText[];
}

/** @throws ServiceError `InvalidPayload` for a value that is no text: as a number, 1.10 would have become 1.1 on its way. */
export function findTexts(body: Payload, path: JsonPath, field: string): Findings {
  const found = path.find(body);
  if (found.length > limits.payloadEntries)
    refuse(`${field} finds ${found.length} values, and ${limits.payloadEntries} are the most`);
  return { field, path, texts: found.map(({ value, entry }) => ({ text: textOf(value, field), entry })) };
}

function textOf(value: unknown, field: string): string {
  if (value === null) return '';
  return typeof value === 'string' ? value.trim() : refuse(`${field} finds a value that is no text`);
}

/** Images, or an image with its tag: what more is found out about. */
export interface Rows<Row> {
  readonly path: JsonPath;
  readonly rows: readonly Row[];
  readonly textOf: (row: Row) => FoundText | undefined;
}

/**
 * What is found about each row. In the same entry of every list that both paths go through, each row has its own if there are
 * as many, or all have the only one.
 * @param mayBeMany true where one row may have several: it is there once for each then.
 * @throws ServiceError `InvalidPayload` where the numbers do not fit.
 */
export function pairUp<Row>(
  { path, rows, textOf }: Rows<Row>,
  findings: Findings | undefined,
  mayBeMany: boolean,
): readonly (readonly [Row, FoundText | undefined])[] {
  if (findings === undefined) return rows.map((row) => [row, undefined]);
  const shared = sharedEntries(path, findings.path);
  const placeOf = (text: FoundText | undefined): string => (text ? JSON.stringify(entriesOf(text).slice(0, shared)) : '');
  const found = Map.groupBy(findings.texts, placeOf);
  return [...Map.groupBy(rows, (row) => placeOf(textOf(row)))].flatMap(([place, group]) =>
    pairInPlace(group, found.get(place) ?? [], findings.field, mayBeMany),
  );
}

function pairInPlace<Row>(
  rows: readonly Row[],
  texts: readonly FoundText[],
  field: string,
  mayBeMany: boolean,
): readonly (readonly [Row, FoundText | undefined])[] {
  const [row] = rows;
  if (mayBeMany && row !== undefined && rows.length === 1 && texts.length > 1) return texts.map((text) => [row, text]);
  if (texts.length > 1 && texts.length !== rows.length) refuse(`${field} finds ${texts.length} values for ${rows.length} images`);
  return rows.map((each, index) => [each, texts[texts.length === 1 ? 0 : index]]);
}
