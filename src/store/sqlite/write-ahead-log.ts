import fs from 'node:fs';

/** Sizes and places of https://sqlite.org/fileformat2.html#the_write_ahead_log */
const headerBytes = 32;
const frameHeaderBytes = 24;
const magic = 0x377f0682;

interface Checksum {
  first: number;
  second: number;
}

/**
 * SQLite takes a log as far as it is whole and silently leaves out the rest. That is right for a last transaction that was
 * being written when the power went; anything before that was acknowledged, and must not vanish without a word.
 *
 * @param file the log; it need not exist.
 * @returns what is wrong with it; undefined if nothing that was acknowledged is missing.
 */
export function damageOfWriteAheadLog(file: string): string | undefined {
  const log = readIfThere(file);
  if (log === undefined || log.length < headerBytes + frameHeaderBytes) return undefined;
  const word = log.readUInt32BE(0);
  if ((word & ~1) >>> 0 !== magic) return 'the header of its write-ahead log is none';
  // Which byte order the checksums were made with.
  const bigEndian = (word & 1) === 1;
  const sum: Checksum = { first: 0, second: 0 };
  addTo(sum, log, 0, 24, bigEndian);
  if (sum.first !== log.readUInt32BE(24) || sum.second !== log.readUInt32BE(28)) {
    return 'the header of its write-ahead log has a wrong checksum';
  }
  return damageOfFrames(log, sum, bigEndian);
}

function damageOfFrames(log: Buffer, sum: Checksum, bigEndian: boolean): string | undefined {
  const frameBytes = frameHeaderBytes + log.readUInt32BE(8);
  let at = headerBytes;
  for (; at + frameBytes <= log.length && isOfThisLog(log, at); at += frameBytes) {
    addTo(sum, log, at, 8, bigEndian);
    addTo(sum, log, at + frameHeaderBytes, frameBytes - frameHeaderBytes, bigEndian);
    if (sum.first !== log.readUInt32BE(at + 16) || sum.second !== log.readUInt32BE(at + 20)) break;
  }
  return continuesAfterCommit(log, at, frameBytes) ? `its write-ahead log has a wrong checksum at byte ${at}` : undefined;
}

/** True if a transaction was begun after one that ends beyond `from`: that one was on disk by then, whole. */
function continuesAfterCommit(log: Buffer, from: number, frameBytes: number): boolean {
  let committed = false;
  for (let at = from; at + frameBytes <= log.length; at += frameBytes) {
    // Frames of an earlier round follow the newest one.
    if (!isOfThisLog(log, at)) continue;
    if (committed) return true;
    committed = log.readUInt32BE(at + 4) !== 0;
  }
  return false;
}

/** Compares the salts. */
function isOfThisLog(log: Buffer, frame: number): boolean {
  return log.readUInt32BE(frame + 8) === log.readUInt32BE(16) && log.readUInt32BE(frame + 12) === log.readUInt32BE(20);
}

function addTo(sum: Checksum, log: Buffer, from: number, length: number, bigEndian: boolean): void {
  let { first, second } = sum;
  for (let at = from; at < from + length; at += 8) {
    const one = bigEndian ? log.readUInt32BE(at) : log.readUInt32LE(at);
    const two = bigEndian ? log.readUInt32BE(at + 4) : log.readUInt32LE(at + 4);
    first = (first + one + second) >>> 0;
    second = (second + two + first) >>> 0;
  }
  sum.first = first;
  sum.second = second;
}

function readIfThere(file: string): Buffer | undefined {
  try {
    return fs.readFileSync(file);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
