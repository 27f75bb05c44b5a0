import { makeTestCertificates, type TestCertificates, trust } from '../support/test-certificates.ts';
import { dnsFault, resolveFaultNames, tlsFaults } from './connection-faults.ts';
import type { Fault } from './fault.ts';
import { httpFaults } from './http-status-faults.ts';

let certificates: TestCertificates | undefined;

/** A fault needs a program that is not on this machine. */
export class MissingProgramError extends Error {
  override readonly name = 'MissingProgramError';
}

function madeCertificates(): TestCertificates {
  if (certificates === undefined) throw new MissingProgramError('openssl made no certificates');
  return certificates;
}

/** All that can go wrong with an answer, or before there is a connection to wait for one. */
export const httpFaultMatrix: readonly Fault[] = [...httpFaults(), dnsFault, ...tlsFaults(madeCertificates)];

/** To be called before any of them is opened. @returns a function that undoes it. */
export async function prepareHttpFaults(): Promise<() => void> {
  certificates ??= await makeTestCertificates().catch(() => undefined);
  const undo = [resolveFaultNames(), ...(certificates ? [trust(certificates.good, certificates.expired)] : [])];
  return () => {
    for (const each of undo) each();
  };
}
