import type { Command } from '../../src/cli/command.ts';

/** Runs a command in this process. @returns its exit code and what it wrote to standard output. */
export async function runCommand(command: Command, args: readonly string[]): Promise<{ code: number; output: string }> {
  const { stdout } = process;
  const write = stdout.write.bind(stdout);
  let output = '';
  stdout.write = (chunk: string | Uint8Array): boolean => {
    output += String(chunk);
    return true;
  };
  try {
    const code = await command.run(args, new AbortController().signal);
    return { code, output };
  } finally {
    stdout.write = write;
  }
}
