import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

/** The root of the checkout. */
export const projectRoot = path.resolve(import.meta.dirname, '../..');

/** A program that a test started, with all that it has said so far. */
export interface Program {
  readonly process: ChildProcessWithoutNullStreams;
  output(): string;
  /** Resolves with the first match in what the program says. @throws Error if it ends or `timeoutMs` pass without. */
  says(pattern: RegExp, timeoutMs?: number): Promise<RegExpExecArray>;
  /** Resolves with the exit code, or null after a signal, once all that it said is there. */
  ended(): Promise<number | null>;
  /** SIGTERM, and SIGKILL if it does not end within 30 s. */
  stop(): Promise<number | null>;
}

/** Starts a script by the Node that runs the tests. */
export function startProgram(
  script: string,
  args: readonly string[],
  env: Record<string, string> = {},
  cwd = projectRoot,
): Program {
  return startCommand(process.execPath, [script, ...args], env, cwd);
}

/** Starts the compiled program as it starts itself, with the options of Node that it has by its first line. */
export function startCompiled(args: readonly string[], env: Record<string, string> = {}): Program {
  return startCommand(path.join(projectRoot, 'dist/main.js'), args, env);
}

/** Starts any program, with nothing of the environment but PATH, HOME and what is given. */
export function startCommand(
  command: string,
  args: readonly string[],
  env: Record<string, string> = {},
  cwd = projectRoot,
): Program {
  const child = spawn(command, args, {
    cwd,
    env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', ...env },
  });
  let output = '';
  let over = false;
  const listeners = new Set<() => void>();
  const take = (chunk: Buffer): void => {
    output += chunk.toString();
    for (const listener of listeners) listener();
  };
  child.stdout.on('data', take);
  child.stderr.on('data', take);
  const end = once(child, 'close').then(([code]) => {
    over = true;
    for (const listener of listeners) listener();
    return code as number | null;
  });
  return {
    process: child,
    output: () => output,
    ended: () => end,
    says(pattern, timeoutMs = 45_000) {
      return new Promise((resolve, reject) => {
        const done = (): void => {
          clearTimeout(timer);
          listeners.delete(look);
        };
        const look = (): void => {
          const match = pattern.exec(output);
          if (match) {
            done();
            resolve(match);
          } else if (over) {
            done();
            reject(new Error(`${command} ended before it said ${pattern}:\n${output}`));
          }
        };
        const timer = setTimeout(() => {
          done();
          reject(new Error(`${command} did not say ${pattern} within ${timeoutMs} ms:\n${output}`));
        }, timeoutMs);
        listeners.add(look);
        look();
      });
    },
    async stop() {
      child.kill('SIGTERM');
      const kill = setTimeout(() => child.kill('SIGKILL'), 30_000);
      try {
        return await end;
      } finally {
        clearTimeout(kill);
      }
    },
  };
}

/** Starts the product's own command line. */
export function startWebhookService(args: readonly string[], env: Record<string, string> = {}): Program {
  return startProgram(path.join(projectRoot, 'src/main.ts'), args, env);
}
