/**
 * A program that the tests kill, trace and starve: accepts deliveries one after the other in several loops, and tells with one
 * write each what it asked for (`asked MARK`) and what came of it (`accepted MARK ID`, `refused MARK ERROR MESSAGE`).
 *
 * Usage: accept-deliveries.ts FILE [LOOPS] [COUNT]; without COUNT it goes on until it is killed.
 */
import fs from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { coerceError } from '../../src/framework/errors.ts';
import { openSqliteDeliveryStore } from '../../src/store/sqlite/sqlite-delivery-store.ts';
import { newDelivery } from '../support/new-delivery.ts';

const [file = '', loops = '1', count = 'Infinity'] = process.argv.slice(2);
const pause = new Int32Array(new SharedArrayBuffer(4));
/** Waits for whoever reads where that is behind: the pipe that Node makes does not block. */
const tell = (line: string): void => {
  for (let rest = Buffer.from(`${line}\n`); rest.length > 0;) {
    try {
      rest = rest.subarray(fs.writeSync(1, rest));
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code !== 'EAGAIN') throw thrown;
      Atomics.wait(pause, 0, 0, 5);
    }
  }
};
const log = {
  info: (message: string) => tell(`log ${message}`),
  error: (message: string, fields = {}) => tell(`log ${message} ${JSON.stringify(fields)}`),
};

let number = 0;
try {
  const store = await openSqliteDeliveryStore({ file, log });
  tell('open');
  const accept = async (): Promise<void> => {
    while (number < Number(count)) {
      const mark = `mark-${process.pid}-${++number}-`;
      tell(`asked ${mark}`);
      try {
        const { id } = await store.accept(newDelivery({ identities: [mark] }));
        tell(`accepted ${mark} ${id}`);
      } catch (thrown) {
        const { name, message } = coerceError(thrown);
        tell(`refused ${mark} ${name} ${message}`);
        await wait(100);
      }
    }
  };
  await Promise.all(Array.from({ length: Number(loops) }, accept));
  await store.close();
  tell('closed');
} catch (thrown) {
  const { name, message } = coerceError(thrown);
  tell(`failed ${name} ${message}`);
  process.exitCode = 1;
}
