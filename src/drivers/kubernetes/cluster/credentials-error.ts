import path from 'node:path';
import { coerceError, ServiceError } from '../../../framework/errors.ts';
import { isJsonObject } from '../../../framework/json.ts';

/** The parts of a kubeconfig's user that tell where its credentials come from. */
export interface CredentialsSource {
  /** A program that prints them. */
  readonly exec?: unknown;
  /** One of the ways of before such programs: `gcp`, `azure`, `oidc`. */
  readonly authProvider?: unknown;
}

/**
 * Why there are no credentials to make a call with. What a program or a server said of it may hold anything, and whoever reads
 * this is a member of a project: it is in the cause, for the log.
 */
export function credentialsError(context: string, user: CredentialsSource | null, thrown: unknown): ServiceError {
  const cause = coerceError(thrown);
  const message = `Kubernetes cluster ${context}: there are no credentials for it, ${reasonOf(user, cause)}`;
  return new ServiceError('Unavailable', message, { cause });
}

function reasonOf(user: CredentialsSource | null, error: Error): string {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  const program = textOf(user?.exec, 'command');
  if (program !== undefined) {
    const what = `the program ${path.basename(program)} of the kubeconfig`;
    if (code === 'ENOENT') return `${what} is not there: the image of the service has none, put it in`;
    return `${what} ${code === undefined ? 'failed' : `cannot be run: ${code}`}`;
  }
  const provider = textOf(user?.authProvider, 'name');
  if (provider !== undefined) return `the auth-provider ${provider} of the kubeconfig failed`;
  return `its user in the kubeconfig cannot be used${code === undefined ? '' : `: ${code}`}`;
}

function textOf(value: unknown, field: string): string | undefined {
  const text = isJsonObject(value) ? value[field] : undefined;
  return typeof text === 'string' ? text : undefined;
}
