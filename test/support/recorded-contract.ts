import fs from 'node:fs';
import path from 'node:path';
import { projectRoot, startProgram } from './program.ts';

const folder = path.join(projectRoot, 'test/fixtures/contract');

/** What the comparison of one play with the record says. */
export interface ContractResult {
  /** `156 of 156 requests agree` */
  readonly summary: string;
  /** One entry for each request that differs: `scenario / step`, and the whole text. */
  readonly differences: readonly { readonly step: string; readonly text: string }[];
}

export interface ContractPlay {
  /** The service, `http://127.0.0.1:PORT`. */
  readonly target: string;
  /** The scripted Rancher behind it, which offers /_reset, /_seed, /_log and /_state. */
  readonly rancher: string;
  /** PEM of the key that the service's tokens are signed with. */
  readonly privateKey: string;
  /** A folder for the files of the play. */
  readonly directory: string;
}

export const rancherMock = path.join(folder, 'rancher-mock.mjs');

/** Plays the recorded traffic of the Go service and compares. */
export async function playContract({ target, rancher, privateKey, directory }: ContractPlay): Promise<ContractResult> {
  const [keyFile, golden, actual] = ['key.pem', 'golden.json', 'actual.json'].map((name) => path.join(directory, name)) as [
    string,
    string,
    string,
  ];
  fs.writeFileSync(keyFile, privateKey, { mode: 0o600 });
  // The record was made on port 8085, which one of its answers shows.
  const record = fs.readFileSync(path.join(folder, 'golden.json'), 'utf8').replaceAll('127.0.0.1:8085', new URL(target).host);
  fs.writeFileSync(golden, record);
  const play = startProgram(path.join(folder, 'play.mjs'), [
    '--from',
    golden,
    '--private-key',
    keyFile,
    '--out',
    actual,
    '--target',
    target,
    '--rancher',
    rancher,
  ]);
  if ((await play.ended()) !== 0) throw new Error(`the play failed:\n${play.output()}`);
  const check = startProgram(path.join(folder, 'check.mjs'), [golden, actual]);
  await check.ended();
  return parseCheck(check.output());
}

function parseCheck(output: string): ContractResult {
  const summary = /^\d+ of \d+ requests agree$/m.exec(output)?.[0];
  if (summary === undefined) throw new Error(`the check failed:\n${output}`);
  const differences = output
    .split(/^✗ /m)
    .slice(1)
    .map((text) => ({ step: /^(.*? \/ \d+) /.exec(text)?.[1] ?? text, text }));
  return { summary, differences };
}
