import { ServiceError } from '../../src/framework/errors.ts';
import {
  SenderAuthenticity,
  type SenderAuthenticityOptions,
} from '../../src/framework/sender-authenticity/sender-authenticity.ts';
import type { SenderConfig } from '../../src/framework/sender-authenticity/sender-fields.ts';

/** Verifies one request. @returns the error's status and message, or undefined where the sender is believed. */
export async function refusalOfSender(
  config: SenderConfig,
  headers: Readonly<Record<string, string | string[]>>,
  body: string | Buffer,
  options: SenderAuthenticityOptions = {},
): Promise<{ readonly status: number; readonly message: string } | undefined> {
  try {
    await new SenderAuthenticity(options).verify({ ...config }, { headers, body: Buffer.from(body) });
    return undefined;
  } catch (thrown) {
    if (thrown instanceof ServiceError) return { status: thrown.status, message: thrown.message };
    throw thrown;
  }
}
