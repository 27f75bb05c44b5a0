import { ServiceError } from './errors.ts';

/** Bodies nested deeper than this are refused, so that no later walk over one can exhaust the stack. */
const maxDepth = 64;

/**
 * Parses JSON as Go's `encoding/json` does, so that a caller who gets a refusal reads the text that the Go service gave.
 *
 * @param body the text, or the raw bytes; bytes that are no UTF-8 become U+FFFD.
 * @throws ServiceError `InvalidPayload` with Go's text, such as `unexpected end of JSON input` or
 *   `invalid character 'x' looking for beginning of value`; `exceeded max depth` beyond 64 levels.
 * @see https://pkg.go.dev/encoding/json#SyntaxError
 */
export function parseGoJson(body: string | Uint8Array): unknown {
  const text = typeof body === 'string' ? body : Buffer.from(body).toString('utf8');
  if (hasManyBrackets(text) && nestsTooDeep(text)) throw new ServiceError('InvalidPayload', explainFault(body));
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new ServiceError('InvalidPayload', explainFault(body), { cause });
  }
  if (mayOverflow.test(text) && holdsInfinity(value)) throw new ServiceError('InvalidPayload', explainFault(body));
  return value;
}

/** No number without one of these is larger than a float64. A run of digits is looked at from its beginning alone. */
const mayOverflow = /\d[eE]\+?\d{3}|(?<!\d)\d{300}/;

/** What has no more brackets than may be nested cannot nest too deep: nearly every body there is. */
function hasManyBrackets(text: string): boolean {
  let found = 0;
  for (const bracket of ['{', '[']) {
    for (let at = text.indexOf(bracket); at >= 0; at = text.indexOf(bracket, at + 1)) {
      found += 1;
      if (found > maxDepth) return true;
    }
  }
  return false;
}

/** Looked at first: JSON.parse takes half a million levels, and 100 MB for them. */
function nestsTooDeep(text: string): boolean {
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (quoted && code === codes.backslash) at += 1;
    else if (code === codes.quote) quoted = !quoted;
    else if (quoted) continue;
    else if (code === codes.openBracket || code === codes.openBrace) depth += 1;
    else if (code === codes.closeBracket || code === codes.closeBrace) depth -= 1;
    if (depth > maxDepth) return true;
  }
  return false;
}

const codes = { quote: 0x22, backslash: 0x5c, openBracket: 0x5b, closeBracket: 0x5d, openBrace: 0x7b, closeBrace: 0x7d } as const;

/** JSON.parse makes Infinity of a number that no float64 holds. */
function holdsInfinity(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return value === Infinity || value === -Infinity;
  return (Array.isArray(value) ? (value as unknown[]) : Object.values(value)).some(holdsInfinity);
}

function explainFault(body: string | Uint8Array): string {
  try {
    const scanner = new Scanner(Buffer.from(body));
    scanner.document();
    const number = scanner.tooLarge;
    return number === undefined ? 'invalid JSON' : `json: cannot unmarshal number ${number} into Go value of type float64`;
  } catch (thrown) {
    if (thrown instanceof Fault) return thrown.message;
    throw thrown;
  }
}

class Fault extends Error {}

/** Finds the byte at which Go's scanner gives up. Go works on bytes, so half a character is reported as Latin-1. */
class Scanner {
  tooLarge: string | undefined;
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  document(): void {
    this.#value(0);
    this.#skipSpace();
    if (this.#at < this.#bytes.length) this.#fail('after top-level value');
  }

  #value(depth: number): void {
    this.#skipSpace();
    const start = this.#peek();
    if (start === '{' || start === '[') {
      if (depth >= maxDepth) throw new Fault('exceeded max depth');
      this.#at += 1;
      if (start === '{') this.#object(depth + 1);
      else this.#array(depth + 1);
    } else if (start === '"') this.#string();
    else if (start === 't') this.#literal('true');
    else if (start === 'f') this.#literal('false');
    else if (start === 'n') this.#literal('null');
    else if (start === '-' || isDigit(start)) this.#number();
    else this.#fail('looking for beginning of value');
  }

  #object(depth: number): void {
    this.#skipSpace();
    if (this.#take('}')) return;
    for (;;) {
      this.#skipSpace();
      if (this.#peek() !== '"') this.#fail('looking for beginning of object key string');
      this.#string();
      this.#skipSpace();
      if (!this.#take(':')) this.#fail('after object key');
      this.#value(depth);
      this.#skipSpace();
      if (this.#take('}')) return;
      if (!this.#take(',')) this.#fail('after object key:value pair');
    }
  }

  #array(depth: number): void {
    this.#skipSpace();
    if (this.#take(']')) return;
    for (;;) {
      this.#value(depth);
      this.#skipSpace();
      if (this.#take(']')) return;
      if (!this.#take(',')) this.#fail('after array element');
    }
  }

  #string(): void {
    this.#at += 1;
    while (!this.#take('"')) {
      if (this.#take('\\')) this.#escape();
      else if (this.#peek() < ' ') this.#fail('in string literal');
      else this.#at += 1;
    }
  }

  #escape(): void {
    if (this.#take('u')) {
      for (let digits = 0; digits < 4; digits += 1) {
        if (!/^[0-9a-f]$/i.test(this.#peek())) this.#fail('in \\u hexadecimal character escape');
        this.#at += 1;
      }
    } else if ('bfnrt\\/"'.includes(this.#peek())) this.#at += 1;
    else this.#fail('in string escape code');
  }

  #number(): void {
    const start = this.#at;
    this.#take('-');
    if (!this.#take('0')) this.#digits('in numeric literal');
    if (this.#take('.')) this.#digits('after decimal point in numeric literal');
    if (this.#at < this.#bytes.length && (this.#take('e') || this.#take('E'))) {
      if (!this.#take('+')) this.#take('-');
      this.#digits('in exponent of numeric literal');
    }
    const literal = this.#bytes.toString('latin1', start, this.#at);
    if (!Number.isFinite(Number(literal))) this.tooLarge ??= literal;
  }

  #digits(context: string): void {
    if (!isDigit(this.#peek())) this.#fail(context);
    while (this.#at < this.#bytes.length && isDigit(this.#peek())) this.#at += 1;
  }

  #literal(word: string): void {
    this.#at += 1;
    for (const letter of word.slice(1)) {
      if (!this.#take(letter)) this.#fail(`in literal ${word} (expecting '${letter}')`);
    }
  }

  #skipSpace(): void {
    for (;;) {
      const byte = this.#bytes[this.#at];
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return;
      this.#at += 1;
    }
  }

  #take(character: string): boolean {
    if (this.#bytes[this.#at] !== character.charCodeAt(0)) return false;
    this.#at += 1;
    return true;
  }

  /** The current byte as a Latin-1 character. Every place that looks for something is incomplete at the end of the body. */
  #peek(): string {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) throw new Fault('unexpected end of JSON input');
    return String.fromCharCode(byte);
  }

  #fail(context: string): never {
    throw new Fault(`invalid character ${quote(this.#peek())} ${context}`);
  }
}

function isDigit(character: string): boolean {
  return character >= '0' && character <= '9';
}

const shortEscapes: Readonly<Record<string, string>> = {
  "'": "\\'",
  '\\': '\\\\',
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
};

/** As Go's `strconv.Quote` shows a character below U+0100. */
function quote(character: string): string {
  const code = character.charCodeAt(0);
  const hex = code.toString(16);
  if (code < 0x20 || code === 0x7f) return `'${shortEscapes[character] ?? `\\x${hex.padStart(2, '0')}`}'`;
  if ((code > 0x7f && code <= 0xa0) || code === 0xad) return `'\\u${hex.padStart(4, '0')}'`;
  return `'${shortEscapes[character] ?? character}'`;
}
