import { StoreUnavailableError } from '../../framework/deliveries/delivery-store.ts';

/**
 * What PostgreSQL or the way to it answered instead of a result. Its own text is left out on purpose: it may name users, hosts,
 * or what senders sent.
 */
export class PostgresFailure extends Error {
  override readonly name = 'PostgresFailure';
  /** SQLSTATE, or Node's code for a fault of the network; empty if there is neither. */
  readonly code: string;
  /** Whether the connection still is of use: the server refused a statement, and nothing else is wrong. */
  readonly connected: boolean;

  constructor(thrown: unknown) {
    const { code, fromServer, fatal } = describe(thrown);
    super(lacksTls(thrown) ? 'PostgreSQL offers no TLS, which the sslmode in DATABASE_URL asks for' : explain(code, fromServer));
    this.code = code;
    this.connected = fromServer && !fatal;
  }

  /** Another transaction was in the way: the same again may well succeed. */
  get transient(): boolean {
    return this.code === '40001' || this.code === '40P01';
  }

  /** A fault of the statement or of what is stored by it, and so of this program: another try gives the same. */
  get ofStatement(): boolean {
    return this.connected && /^(?:22|23|42|54)/.test(this.code) && !missing.has(this.code);
  }

  /** What callers of the store are to see. */
  toStoreError(): Error {
    return this.ofStatement ? this : new StoreUnavailableError(this.message);
  }
}

const missing = new Set(['3F000', '42P01', '42501']);

function describe(thrown: unknown): { code: string; fromServer: boolean; fatal: boolean } {
  const code = thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : '';
  const severity = thrown instanceof Error && 'severity' in thrown ? thrown.severity : undefined;
  return { code: /^\w+$/.test(code) ? code : '', fromServer: severity !== undefined, fatal: severity !== 'ERROR' };
}

/** The client gives this fault no code. */
function lacksTls(thrown: unknown): boolean {
  return thrown instanceof Error && thrown.message === 'The server does not support SSL connections';
}

/** What an operator can do about it, by SQLSTATE or its class: https://www.postgresql.org/docs/current/errcodes-appendix.html */
const explanations: Readonly<Record<string, string>> = {
  '25006': 'PostgreSQL can only be read: it is a standby, or was made read-only',
  '28': 'PostgreSQL refuses the user, the password or the host of this service: check DATABASE_URL and pg_hba.conf',
  '3D000': 'PostgreSQL has no database of the name that DATABASE_URL gives: create it',
  '3F000': 'PostgreSQL has lost the schema webhook_service: restore it, or start the service again to make an empty one',
  '42501': 'the user of DATABASE_URL lacks a right: it must own the schema webhook_service, or may create it',
  '42P01': 'PostgreSQL has lost a table of the schema webhook_service: restore it from a backup',
  '53100': 'the disk of PostgreSQL is full: make room on it',
  '53300': 'PostgreSQL accepts no more connections: raise max_connections',
  '57014': 'PostgreSQL took too long for a statement',
  '57P': 'PostgreSQL is stopping or starting',
};

function explain(code: string, fromServer: boolean): string {
  if (!fromServer) return code === '' ? 'PostgreSQL does not answer' : `PostgreSQL cannot be reached (${code})`;
  const text = [code, code.slice(0, 3), code.slice(0, 2)].map((prefix) => explanations[prefix]).find(Boolean);
  return text === undefined ? `PostgreSQL refused a statement (${code})` : `${text} (${code})`;
}
