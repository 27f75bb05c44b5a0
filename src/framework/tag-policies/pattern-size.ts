/** A group that is being read: its size so far, and that of its last part, which is what a count behind it repeats. */
interface Group {
  size: number;
  last: number;
}

const count = /\{(\d+)(,(\d*))?\}/y;
const classEscape = /[pPx]\{[^}]*\}/y;
const quoted = /\\Q([^]*?)(?:\\E|$)/y;
const namedClass = /\[:\^?\w+:\]/y;

/**
 * About how many instructions a regular expression is compiled to, at least as many as the engine makes of it. Found from the text
 * alone: compiling `(a{1000}){1000}` to find out would be what an attacker wants.
 */
export function sizeOfPattern(pattern: string): number {
  const groups: Group[] = [];
  let group: Group = { size: 0, last: 0 };
  const add = (size: number): void => {
    group.size += size;
    group.last = size;
  };
  for (let at = 0; at < pattern.length; at += 1) {
    const character = pattern[at];
    const quote = matchAt(quoted, pattern, at);
    const counted = matchAt(count, pattern, at);
    if (quote) {
      for (const _ of quote[1] ?? '') add(1);
      at += quote[0].length - 1;
    } else if (counted) {
      const [text, low = '', comma, high = ''] = counted;
      const times = Math.max(Number(low) + (comma === undefined ? 0 : 1), Number(high), 1);
      // Each repetition that may be left out has instructions of its own beside what it repeats. No count can repeat this again.
      group.size += (group.last + 2) * times - group.last;
      at += text.length - 1;
    } else if (character === '\\') {
      at += matchAt(classEscape, pattern, at + 1)?.[0].length ?? 1;
      add(1);
    } else if (character === '[') {
      at = endOfSet(pattern, at);
      add(1);
    } else if (character === '(') {
      groups.push(group);
      group = { size: 2, last: 0 };
    } else if (character === ')') {
      const { size } = group;
      group = groups.pop() ?? { size: 0, last: 0 };
      add(size);
    } else add(character === '*' || character === '|' ? 2 : 1);
  }
  return group.size + groups.reduce((sum, { size }) => sum + size, 0);
}

function endOfSet(pattern: string, start: number): number {
  let at = pattern[start + 1] === '^' ? start + 2 : start + 1;
  if (pattern[at] === ']') at += 1;
  while (at < pattern.length && pattern[at] !== ']') {
    const named = matchAt(namedClass, pattern, at);
    at += named ? named[0].length : pattern[at] === '\\' ? 2 : 1;
  }
  return at;
}

function matchAt(regex: RegExp, text: string, at: number): RegExpExecArray | null {
  regex.lastIndex = at;
  return regex.exec(text);
}
