import type { AttemptOutcome } from './work-runner.ts';
export class UpstreamLimits {
  allowances(_now: number): Record<string, number> {
    return {};
  }
  started(_upstream: string, _now: number): void {}
  ended(_upstream: string, _outcome: AttemptOutcome, _now: number): boolean {
    return false;
  }
  nextProbeInMs(_now: number): number | undefined {
    return undefined;
  }
}
