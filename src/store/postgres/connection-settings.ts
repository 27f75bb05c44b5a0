import type { PoolConfig } from 'pg';

/** Longest wait for a connection, milliseconds. */
export const connectMs = 3_000;
/** Longest time for one statement, locks included, milliseconds. */
export const statementMs = 8_000;
/**
 * Longest time that a transaction may do nothing, milliseconds. It ends the transactions of a process that was frozen or cut off,
 * for whose locks the other replicas wait.
 */
export const idleTransactionMs = 3_000;

const sslModes = ['disable', 'require', 'verify-ca', 'verify-full', 'no-verify'];

/**
 * How to connect by DATABASE_URL. `sslmode` means what it does for PostgreSQL's own programs: `require` encrypts and verifies
 * only with `sslrootcert`, `verify-full` always verifies. Absent: no TLS.
 * @throws Error that says what is wrong with the URL, and never shows it.
 */
export function connectionSettings(url: string): PoolConfig {
  const parsed = parse(url);
  const mode = parsed.searchParams.get('sslmode');
  if (mode !== null && !sslModes.includes(mode)) {
    throw new Error(`DATABASE_URL has an sslmode that is not supported; choose one of ${sslModes.join(', ')}`);
  }
  if (mode === 'verify-ca' && !parsed.searchParams.has('sslrootcert')) {
    throw new Error('DATABASE_URL needs sslrootcert for sslmode=verify-ca');
  }
  if (mode !== null && mode !== 'no-verify' && !parsed.searchParams.has('uselibpqcompat')) {
    parsed.searchParams.set('uselibpqcompat', 'true');
  }
  return {
    connectionString: parsed.href,
    fallback_application_name: 'webhook-service',
    connectionTimeoutMillis: connectMs,
    // The server ends a statement by itself before; this is for one that is frozen or gone.
    query_timeout: statementMs + 1_000,
    keepAlive: true,
  };
}

function parse(url: string): URL {
  const parsed = URL.parse(url);
  if (parsed === null || !/^postgres(?:ql)?:$/.test(parsed.protocol)) {
    throw new Error('DATABASE_URL is no address of PostgreSQL: postgres://USER:PASSWORD@HOST:PORT/DATABASE');
  }
  return parsed;
}
