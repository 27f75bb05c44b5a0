import { ServiceError } from '../errors.ts';

/** A request as it came, credentials included: what a sender proves itself by. Never stored or logged. */
export interface SenderProof {
  /** Lower-case names, as Node gives them: one character for each byte. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The raw body, of a form too. */
  readonly body: Buffer;
}

/** Looks at a proof. @throws ServiceError `Unauthorized`, or `Unavailable` where that cannot be told at the moment. */
export type SenderCheck = (proof: SenderProof) => void | Promise<void>;

/** The bytes of a header, and its name as people write it. */
export interface ProofHeader {
  readonly name: string;
  readonly text: string;
  readonly bytes: Buffer;
}

/** @throws ServiceError `Unauthorized` where it is missing or there are several. */
export function requireHeader({ headers }: SenderProof, name: string): ProofHeader {
  const text = headers[name.toLowerCase()];
  if (text === undefined || text === '') throw unauthorized(`The header ${name} is missing: this receiver needs it as proof`);
  if (typeof text !== 'string') throw unauthorized(`The header ${name} is there several times`);
  return { name, text, bytes: Buffer.from(text, 'latin1') };
}

/** @param message safe to show: it names the header at fault, and nothing that it holds. */
export function unauthorized(message: string): ServiceError {
  return new ServiceError('Unauthorized', message);
}
