import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import tls from 'node:tls';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface TestCertificate {
  /** PEM */
  readonly key: string;
  readonly cert: string;
}

/** Certificates for 127.0.0.1, each signed by itself. Whoever trusts `good` and `expired` still does not trust `unknown`. */
export interface TestCertificates {
  readonly good: TestCertificate;
  readonly expired: TestCertificate;
  readonly unknown: TestCertificate;
}

export async function makeTestCertificates(): Promise<TestCertificates> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'certificates-'));
  try {
    const extensions = path.join(folder, 'extensions');
    await writeFile(extensions, 'subjectAltName=IP:127.0.0.1\n');
    const make = async (name: string, days: number): Promise<TestCertificate> => {
      const [key, request, cert] = ['key', 'csr', 'crt'].map((end) => path.join(folder, `${name}.${end}`)) as [
        string,
        string,
        string,
      ];
      const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
      await run('openssl', ['req', '-new', ...curve, '-keyout', key, '-out', request, '-subj', `/CN=${name}`]);
      const sign = ['-req', '-in', request, '-signkey', key, '-days', String(days), '-extfile', extensions];
      await run('openssl', ['x509', ...sign, '-out', cert]);
      return { key: await readFile(key, 'utf8'), cert: await readFile(cert, 'utf8') };
    };
    return { good: await make('good', 1), expired: await make('expired', -1), unknown: await make('unknown', 1) };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Makes this process trust further certificates. @returns a function that ends it. */
export function trust(...certificates: readonly TestCertificate[]): () => void {
  const before = tls.getCACertificates('default');
  tls.setDefaultCACertificates([...before, ...certificates.map(({ cert }) => cert)]);
  return () => tls.setDefaultCACertificates(before);
}
