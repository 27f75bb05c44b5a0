/** How tags are ordered: by the value of numbers, as texts, or, with `asc` and `desc`, numbers by value and then other texts. */
export const tagOrders = ['asc', 'desc', 'numerical', 'numericalDesc', 'alphabetical', 'alphabeticalDesc'] as const;

export type TagOrder = (typeof tagOrders)[number];

const ranks: Readonly<Record<TagOrder, (value: string) => string | undefined>> = {
  asc: rankOfEither,
  desc: (value) => reversed(rankOfEither(value)),
  numerical: rankOfNumber,
  numericalDesc: (value) => reversed(rankOfNumber(value)),
  alphabetical: rankOfText,
  alphabeticalDesc: (value) => reversed(rankOfText(value)),
};

/**
 * @param value printable ASCII.
 * @returns a text that is greater (`<` of texts) the newer the value is; undefined for a value that has no place in the order.
 */
export function rankInOrder(value: string, order: TagOrder): string | undefined {
  return ranks[order](value);
}

/** The digits of a whole number, after how many they are; leading zeros do not count. At most 999 digits. */
export function rankOfDigits(digits: string): string {
  const significant = digits.replace(/^0+/, '');
  return String(significant.length).padStart(3, '0') + significant;
}

function rankOfEither(value: string): string {
  const number = rankOfNumber(value);
  return number === undefined ? `1${value}` : `0${number}`;
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
