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
      const line = JSON.stringify({ time: new Date().toISOString(), level, message, ...fields }, replacer);
      write(`${line}\n`);
    };
  return { info: record('info'), warn: record('warn'), error: record('error') };
}

function replacer(_name: string, value: unknown): unknown {
  if (value instanceof Error)
    return { name: value.name, message: redact(value.message), stack: redact(value.stack ?? ''), cause: value.cause };
  return typeof value === 'string' ? redact(value) : value;
}

/** A trigger URL is a credential. */
function redact(text: string): string {
  return text.slice(0, longestText).replace(/\b(key|token|secret|access_token)=[^&\s"'\]]+/gi, '$1=…');
}
