/** One line of JSON per record on standard error: nothing that a caller sends can forge a second one. */
export interface Log {
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  /** Somebody has to act. */
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

const longestText = 2_000;

/** @param write takes one finished line. */
export function createLog(write: (line: string) => void = (line) => process.stderr.write(line)): Log {
  const record =
    (level: string) =>
    (message: string, fields: Readonly<Record<string, unknown>> = {}) => {
      write(`${toLine({ ...fields, time: new Date().toISOString(), level, message })}\n`);
    };
  return { info: record('info'), warn: record('warn'), error: record('error') };
}

/** A record that cannot be written as it is, because it holds itself, must not take down what wanted to tell of a fault. */
function toLine({ time, level, message, ...fields }: Readonly<Record<string, unknown>>): string {
  try {
    return escapeControls(JSON.stringify({ time, level, message, ...fields }, replacer));
  } catch {
    return escapeControls(JSON.stringify({ time, level, message, unreadable: Object.keys(fields) }, replacer));
  }
}

/** `this` is what holds the value: `value` itself has already been through an error's own toJSON, which leaves the cause out. */
function replacer(this: unknown, name: string, value: unknown): unknown {
  const original = typeof this === 'object' && this !== null ? (this as Record<string, unknown>)[name] : value;
  if (original instanceof Error) {
    const { message, stack = '', cause } = original;
    return { name: original.name, message: redact(message), stack: redact(stack), cause };
  }
  if (typeof value === 'bigint') return String(value);
  return typeof value === 'string' ? redact(value) : value;
}

/** What JSON leaves as it is and a terminal or a reader of lines may still obey. */
function escapeControls(line: string): string {
  return line.replace(/[\u007f-\u009f\u2028\u2029]/g, (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

const credentials: readonly (readonly [RegExp, string])[] = [
  [/\b(key|token|secret|access_token)=[^&\s"'\]]+/gi, '$1=…'],
  [/\b(Basic|Bearer) +[\w+/.=~-]+/gi, '$1 …'],
  [/\beyJ[\w-]+\.[\w-]+\.[\w-]*/g, '…'],
];

/** A trigger URL is a credential, and so is the token in it. */
function redact(text: string): string {
  return credentials.reduce((left, [pattern, shown]) => left.replace(pattern, shown), text.slice(0, longestText));
}
