import { Range, type SemVer } from 'semver';
import { PatternError } from '../pattern-error.ts';

const maxLength = 256;

const comparator =
  /\s*(!=|>=|=>|<=|=<|~>|[<>=~^])?\s*v?((?:\d+|[xX*])(?:\.(?:\d+|[xX*])){0,2})(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?(?=[\s,]|$)(?:\s*,)?/y;
const mirrored: Readonly<Record<string, string>> = { '=>': '>=', '=<': '<=', '~>': '~' };

export interface VersionRange {
  has(version: SemVer): boolean;
  /** True if the release is in a part of the range that names no prerelease, and so has none of this release's. */
  hasOnlyReleaseOf(release: SemVer): boolean;
}

/** One of the parts that `||` joins. */
interface Alternative {
  readonly namesPrerelease: boolean;
  has(version: SemVer): boolean;
}

/**
 * Reads a range as Flux, Argo CD Image Updater and Helm do: `^1.2`, `~1.2.3`, `>=1.0, <2`, `1.x`, `1.2 - 1.4`, `!=1.3.1`, `||`. A
 * prerelease is in it only where the range names one: `^1.2-0` has all of them.
 * @throws PatternError
 */
export function parseVersionRange(text: string): VersionRange {
  if (text.length > maxLength) throw new PatternError(`it is longer than ${maxLength} characters`);
  const alternatives = text.split('||').map((part, index, parts) => {
    const offset = parts.slice(0, index).reduce((sum, { length }) => sum + length + 2, 0);
    return parseAlternative(part, offset);
  });
  return {
    has: (version) => alternatives.some((each) => each.has(version)),
    hasOnlyReleaseOf: (release) => alternatives.some((each) => !each.namesPrerelease && each.has(release)),
  };
}

function parseAlternative(text: string, offset: number): Alternative {
  // Hyphens with a space on both sides are no part of a version.
  const part = text.replaceAll(/(\S+)\s+-\s+(\S+)/g, '>=$1 <=$2');
  const wanted: string[] = [];
  const unwanted: (readonly [numbers: string, prerelease: string | undefined])[] = [];
  let namesPrerelease = false;
  comparator.lastIndex = 0;
  do {
    const at = comparator.lastIndex;
    const [matched = '', operator = '=', numbers = '', prerelease] = comparator.exec(part) ?? [];
    if (matched === '')
      throw new PatternError(`${shown(part.slice(at))} at position ${offset + at + 1} is no version to compare with`);
    namesPrerelease ||= prerelease !== undefined;
    if (operator === '!=') unwanted.push([numbers, prerelease]);
    else wanted.push(...comparatorsOf(mirrored[operator] ?? operator, numbers, prerelease));
  } while (part.slice(comparator.lastIndex).trim() !== '');
  try {
    const range = new Range(wanted.length === 0 ? '*' : wanted.join(' '), { includePrerelease: namesPrerelease });
    const excluded = unwanted.map(([numbers, prerelease]) => isAnyOf(numbers, prerelease));
    return { namesPrerelease, has: (version) => range.test(version) && !excluded.some((isExcluded) => isExcluded(version)) };
  } catch (thrown) {
    throw new PatternError(`${shown(text)} at position ${offset + 1} is no range of versions`, { cause: thrown });
  }
}

/**
 * As the library reads it, which knows a prerelease only of a version that has all three numbers. Behind fewer it says which one of
 * the lowest version is the first that counts: `^1-rc.2` is `^1 >=1.0.0-rc.2`. And `^1` never begins before 1.0.0 itself.
 */
function comparatorsOf(operator: string, numbers: string, prerelease: string | undefined): readonly string[] {
  const parts = partsOf(numbers);
  const plain = `${operator}${parts.join('.')}`;
  const suffix = prerelease === undefined ? '' : `-${prerelease}`;
  if (isWhole(parts)) return [plain + suffix];
  if (operator === '>' || operator === '<=' || (operator === '<' && prerelease === undefined)) return [plain];
  const lowest = [0, 1, 2].map((index) => (parts[index] ?? 'x').replace('x', '0')).join('.') + suffix;
  return operator === '<' || operator === '>=' ? [operator + lowest] : [plain, `>=${lowest}`];
}

/** Without a prerelease, the prereleases of these versions are among them too. */
function isAnyOf(numbers: string, prerelease: string | undefined): (version: SemVer) => boolean {
  const parts = partsOf(numbers);
  const isExact = prerelease !== undefined && isWhole(parts);
  const range = new Range(`${parts.join('.')}${isExact ? `-${prerelease}` : ''}`, { includePrerelease: true });
  return (version) => range.test(version) && (isExact || prerelease === undefined || version.prerelease.join('.') === prerelease);
}

function isWhole(parts: readonly string[]): boolean {
  return parts.length === 3 && !parts.includes('x');
}

/** Without leading zeros, and nothing but `x` behind the first of them. */
function partsOf(numbers: string): readonly string[] {
  const parts = numbers.split('.').map((part) => (/^\d/.test(part) ? part.replace(/^0+(?=\d)/, '') : 'x'));
  const first = parts.indexOf('x');
  return first === -1 ? parts : parts.map((part, index) => (index > first ? 'x' : part));
}

function shown(text: string): string {
  return text.trim() === '' ? 'nothing' : `"${text.trim()}"`;
}
