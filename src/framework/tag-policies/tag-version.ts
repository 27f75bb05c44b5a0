import { SemVer } from 'semver';
import { rankOfDigits } from './rank-of-digits.ts';

export interface TagVersion {
  /** For ranges. A number that JavaScript has no exact form of is the greatest that it has one of. */
  readonly version: SemVer;
  /** The version that a prerelease is before; the version itself for every other. */
  readonly release: SemVer;
  /** A text that is greater (`<` of texts) the greater the version is, exactly. */
  readonly rank: string;
}

const pattern = /^v?(\d+)\.(\d+)(?:\.(\d+))?(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?$/;

/**
 * The version that a tag is: `1.2.3`, also with a leading `v`, leading zeros (`2024.01.15`) and without the third number, which is
 * then 0. A number alone is none: a build number or a date would be greater than every version.
 * @returns undefined for a tag that is no version.
 */
export function versionOfTag(tag: string): TagVersion | undefined {
  const [, major, minor, patch = '0', prerelease] = pattern.exec(tag) ?? [];
  if (major === undefined || minor === undefined) return undefined;
  const numbers = [major, minor, patch];
  try {
    const release = new SemVer(numbers.map(exactNumber).join('.'));
    const version = prerelease === undefined ? release : new SemVer(`${release.version}-${prerelease}`);
    return { version, release, rank: numbers.map(rankOfDigits).join('') + rankOfPrerelease(prerelease) };
  } catch {
    return undefined;
  }
}

function exactNumber(digits: string): number {
  return Math.min(Number(digits), Number.MAX_SAFE_INTEGER - 1);
}

/**
 * Numbers come before words, a shorter list before a longer one that begins so, and all before the release itself. `!` is less
 * than every character of a word.
 * @see https://semver.org/#spec-item-11
 */
function rankOfPrerelease(prerelease: string | undefined): string {
  if (prerelease === undefined) return '3';
  const parts = prerelease.split('.').map((part) => (/^\d+$/.test(part) ? `1${rankOfDigits(part)}` : `2${part}!`));
  return `${parts.join('')}0`;
}
