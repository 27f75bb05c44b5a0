import { RancherError } from '../rancher/rancher-error.ts';

/** True where Rancher gave no answer that says anything about what was asked: what it said last may still be so. */
export function isRancherOutage(thrown: unknown): boolean {
  if (!(thrown instanceof RancherError)) return false;
  if (thrown.failure === 'unreachable') return true;
  return thrown.status === undefined ? thrown.failure === 'schemas' : thrown.status >= 500 || thrown.status === 429;
}
