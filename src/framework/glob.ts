import { PatternError } from './pattern-error.ts';

/** One step of a pattern: a set of characters, or any number of them. */
type Step = ((character: string) => boolean) | 'any';

/**
 * Reads a pattern as Go's `path.Match` does: `*` is any number of characters and `?` is one, both without `/`; `[a-z]` and
 * `[^a-z]` are one of a set; `\` takes the next character as it is.
 * @returns tells whether a whole text matches, in the time that pattern times text takes at most.
 * @throws PatternError
 * @see https://pkg.go.dev/path#Match
 */
export function compileGlob(pattern: string): (text: string) => boolean {
  const steps = readSteps(Array.from(pattern));
  return (text) => matches(steps, Array.from(text));
}

/** Where a `*` has to give more characters away, only the last one has to: those before it took as little as they could. */
function matches(steps: readonly Step[], text: readonly string[]): boolean {
  let step = 0;
  let at = 0;
  let star: { step: number; at: number } | undefined;
  for (;;) {
    const current = steps[step];
    const character = text[at];
    if (current === 'any') {
      star = { step, at };
      step += 1;
    } else if (current === undefined && character === undefined) return true;
    else if (current !== undefined && character !== undefined && current(character)) {
      step += 1;
      at += 1;
    } else {
      const skipped = star && text[star.at];
      if (star === undefined || skipped === undefined || skipped === '/') return false;
      star.at += 1;
      at = star.at;
      step = star.step + 1;
    }
  }
}

function readSteps(pattern: readonly string[]): readonly Step[] {
  const steps: Step[] = [];
  for (let at = 0; at < pattern.length; at += 1) {
    const character = pattern[at] ?? '';
    if (character === '*') steps.push('any');
    else if (character === '?') steps.push((each) => each !== '/');
    else if (character === '[') {
      const set = readSet(pattern, at);
      steps.push(set.has);
      at = set.end;
    } else {
      const literal = character === '\\' ? escaped(pattern, (at += 1)) : character;
      steps.push((each) => each === literal);
    }
  }
  return steps;
}

/** @param start where its bracket is; `end` is where the closing one is. */
function readSet(pattern: readonly string[], start: number): { has: (character: string) => boolean; end: number } {
  const ranges: (readonly [string, string])[] = [];
  const negated = pattern[start + 1] === '^';
  let at = start + (negated ? 2 : 1);
  const next = (): string => {
    const character = pattern[at];
    if (character === undefined) throw new PatternError(`"[" at position ${start + 1} has no "]"`);
    if (character === '-' || character === ']')
      throw new PatternError(`"${character}" at position ${at + 1} needs a "\\" before it`);
    const literal = character === '\\' ? escaped(pattern, (at += 1)) : character;
    at += 1;
    return literal;
  };
  while (pattern[at] !== ']' || ranges.length === 0) {
    const low = next();
    if (pattern[at] !== '-') ranges.push([low, low]);
    else {
      at += 1;
      ranges.push([low, next()]);
    }
  }
  const has = (character: string): boolean => ranges.some(([low, high]) => low <= character && character <= high) !== negated;
  return { has, end: at };
}

function escaped(pattern: readonly string[], at: number): string {
  const character = pattern[at];
  if (character === undefined) throw new PatternError(`"\\" at position ${at} has no character after it`);
  return character;
}
