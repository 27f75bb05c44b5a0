/**
 * Stops the service under load and starts it with many deliveries that wait, and prints how long it took:
 * `npm run torture:shutdown [REQUESTS_PER_SECOND] [WAITING]`. The figures are those of the compiled program.
 */
import { shutDownTwice, shutDownUnderLoad } from './shutdown-run.ts';
import { measureStarts } from './start-run.ts';

const [perSecond = 500, waiting = 100_000] = process.argv.slice(2).map(Number);
const rounds = 5;
const say = (name: string, result: object): void => void process.stdout.write(`${name}: ${JSON.stringify(result)}\n`);

let wrong = 0;
for (const watching of [true, false]) {
  for (let round = 0; round < rounds; round += 1) {
    const result = await shutDownUnderLoad(perSecond, 2 * perSecond, watching);
    say(watching ? 'senders that watch readiness' : 'senders that go on until they are refused', result);
    const unexpected = Object.keys(result.answers).filter((answer) => answer !== '200');
    if ((watching && unexpected.length > 0) || result.exitCode !== 0 || result.exitMs > 10_000) wrong += 1;
  }
}
say('a second signal', await shutDownTwice());
const starts = await measureStarts(waiting, 1_000);
say('milliseconds to the first accepted push', starts);
if (starts.empty > 500 || starts.afterStop > 2_000 || starts.afterKill > 2_000) wrong += 1;
process.exitCode = wrong === 0 ? 0 : 1;
