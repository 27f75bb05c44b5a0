import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { skipOutsideCi } from './skip.ts';

/** Skips the test where a tool is missing, except in CI. */
export function need(context: Mocha.Context, tool: string, args: readonly string[]): void {
  if (spawnSync(tool, args).status === 0) return;
  skipOutsideCi(context, `${tool} ${args.join(' ')} does not work here`);
}

/** Has strace follow a process and all its threads. @returns a function that lets go of it. */
export async function attachStrace(pid: number | undefined, args: readonly string[]): Promise<() => Promise<void>> {
  const strace = spawn('strace', ['-f', ...args, '-p', String(pid)], { stdio: ['ignore', 'ignore', 'pipe'] });
  await saysAttached(strace);
  const ended = once(strace, 'close');
  return async () => {
    strace.kill('SIGINT');
    await ended;
  };
}

async function saysAttached({ stderr }: ChildProcess): Promise<void> {
  if (stderr === null) throw new Error('strace has no output');
  let said = '';
  for await (const chunk of stderr) {
    said += String(chunk);
    if (/attached/.test(said)) break;
  }
  if (!/attached/.test(said)) throw new Error(`strace could not attach: ${said}`);
}

/** The calls that put a SQLite log on disk and succeeded: the lines of a trace where each was begun and finished. */
export function finishedSyncs(lines: readonly string[]): { begun: number; finished: number }[] {
  const begun = new Map<string, number>();
  return lines.flatMap((line, at) => {
    const [thread = ''] = line.split(' ', 1);
    if (/f(?:data)?sync\(\d+<[^>]*-wal>/.test(line)) begun.set(thread, at);
    const start = begun.get(thread);
    if (start === undefined || !/f(?:data)?sync.*= /.test(line)) return [];
    begun.delete(thread);
    return line.endsWith(' = 0') ? [{ begun: start, finished: at }] : [];
  });
}
