/** One command of the program. */
export interface Command {
  /** The whole text of `--help`. */
  readonly help: string;
  /** The command that the first argument names, if this one is several; that one gets the arguments after it. */
  subcommand?(name: string): Promise<Command | undefined>;
  /**
   * Runs until the program should end.
   * @param args what stands after the command's name.
   * @param signal aborted by SIGINT or SIGTERM.
   * @returns the exit code.
   * @throws UsageError for arguments that cannot be used.
   */
  run(args: readonly string[], signal: AbortSignal): Promise<number>;
}

/** Arguments that cannot be used; the message says why. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Resolves when the program is asked to end. */
export async function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  signal.addEventListener('abort', () => resolve(), { once: true });
  await promise;
}
