/**
 * Kills the service again and again under 64 connections and shows that nothing it acknowledged is lost:
 * `npm run torture:kill [ROUNDS]`.
 */
import { killRounds } from './kill-rounds.ts';

const rounds = Number(process.argv[2] ?? 100);
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const result = await killRounds({ rounds, targets: 16, connections: 64, lifeMs: 3_000, say });
const { lost, wrong, otherAnswers, unfinished, upgrades, succeeded, acknowledged } = result;
say(`${rounds} kills, ${acknowledged} pushes acknowledged, ${succeeded} carried out by ${upgrades} upgrades`);
for (const [name, list] of Object.entries({ lost, wrong, 'other answers': otherAnswers, unfinished })) {
  say(`${list.length} ${name}${list.length === 0 ? '' : `: ${list.slice(0, 5).join('; ')}`}`);
}
process.exitCode = lost.length + wrong.length + otherAnswers.length + unfinished.length === 0 ? 0 : 1;
