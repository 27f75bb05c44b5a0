export interface HostNaming {
  /** The name of the host that new ones are modelled on; undefined where there is none. */
  readonly base: string | undefined;
  /** The names of all hosts of the group. */
  readonly group: readonly string[];
  /** Every name that is in use, in the group or not. */
  readonly taken: readonly string[];
  readonly amount: number;
}

/**
 * The names for `amount` new hosts: the base's name up to the first dot, less its digits at the end, and then the numbers after
 * the highest one of the group, as wide as that one. `web07.acme.io` is followed by `web08`, `web` by `web2`; without a base
 * it is `scaledhost1`. A name that is in use is passed over.
 */
export function nextHostNames({ base, group, taken, amount }: HostNaming): string[] {
  const prefix = base === undefined ? 'scaledhost' : firstLabel(base).replace(/\d+$/, '');
  const used = new Set(taken.map((name) => firstLabel(name).toLowerCase()));
  const highest = highestNumber(prefix, group);
  const first = base === undefined ? 1n : 2n;
  const names: string[] = [];
  for (let number = highest === undefined ? first : BigInt(highest) + 1n; names.length < amount; number += 1n) {
    const name = prefix + String(number).padStart(highest?.length ?? 1, '0');
    if (!used.has(name.toLowerCase())) names.push(name);
  }
  return names;
}

function firstLabel(name: string): string {
  return name.split('.', 1)[0] ?? '';
}

/** The digits that follow the prefix in the name with the highest number. */
function highestNumber(prefix: string, names: readonly string[]): string | undefined {
  return names
    .map(firstLabel)
    .filter((name) => name.toLowerCase().startsWith(prefix.toLowerCase()))
    .map((name) => name.slice(prefix.length))
    .filter((digits) => /^\d+$/.test(digits))
    .reduce<string | undefined>((best, digits) => (best === undefined || isHigher(digits, best) ? digits : best), undefined);
}

/** Of two equal numbers the wider one is higher, so that the width is kept. */
function isHigher(digits: string, best: string): boolean {
  const difference = BigInt(digits) - BigInt(best);
  return difference > 0n || (difference === 0n && digits.length > best.length);
}
