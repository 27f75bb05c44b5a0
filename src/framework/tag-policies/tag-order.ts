import { rankOfDigits } from './rank-of-digits.ts';
import { versionOfTag } from './tag-version.ts';

/**
 * How tags are ordered: as numbers, as texts, as versions or, with `asc` and `desc`, as texts in which each run of digits counts as
 * a number.
 */
export const tagOrders = ['asc', 'desc', 'numerical', 'numericalDesc', 'alphabetical', 'alphabeticalDesc', 'semver'] as const;

export type TagOrder = (typeof tagOrders)[number];

const ranks: Readonly<Record<TagOrder, (value: string) => string | undefined>> = {
  asc: rankOfMixture,
  desc: (value) => reversed(rankOfMixture(value)),
  numerical: rankOfNumber,
  numericalDesc: (value) => reversed(rankOfNumber(value)),
  alphabetical: rankOfText,
  alphabeticalDesc: (value) => reversed(rankOfText(value)),
  semver: (value) => versionOfTag(value)?.rank,
};

/**
 * @param value printable ASCII.
 * @returns a text that is greater (`<` of texts) the newer the value is; undefined for a value that has no place in the order.
 */
export function rankInOrder(value: string, order: TagOrder): string | undefined {
  return ranks[order](value);
}

/** `1.10` after `1.9`, `build-10` after `build-9`. */
function rankOfMixture(value: string): string {
  return rankOfText(value.replaceAll(/\d+/g, rankOfDigits));
}

/** No empty rank: it must not be taken for none. */
function rankOfText(value: string): string {
  return `t${value}`;
}

/** Exact, however many digits there are. */
function rankOfNumber(value: string): string | undefined {
  const [, sign, whole = '', fraction = ''] = /^([+-]?)(?=\.?\d)(\d*)(?:\.(\d*))?$/.exec(value) ?? [];
  if (sign === undefined) return undefined;
  const magnitude = rankOfDigits(whole) + fraction.replace(/0+$/, '');
  const isZero = !/[1-9]/.test(magnitude);
  return sign === '-' && !isZero ? `n${reversed(magnitude)}` : `p${magnitude}`;
}

const first = 0x20;
const last = 0x7e;

/** The greater of two becomes the lesser. The mark at the end makes that so too where one is the beginning of the other. */
function reversed(rank: string): string;
function reversed(rank: string | undefined): string | undefined;
function reversed(rank: string | undefined): string | undefined {
  if (rank === undefined) return undefined;
  const mirrored = Array.from(rank, (character) => String.fromCharCode(first + last - character.charCodeAt(0)));
  return `${mirrored.join('')}${String.fromCharCode(last)}`;
}
