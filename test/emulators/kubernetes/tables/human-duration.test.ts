import { expect } from 'chai';
import { humanDuration } from '../../../../src/emulators/kubernetes/tables/human-duration.ts';

const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;
const year = 365 * day;

describe('humanDuration', () => {
  for (const [seconds, text] of [
    [-5, '<invalid>'],
    [-0.5, '0s'],
    [0, '0s'],
    [1.9, '1s'],
    [2 * minute - 1, '119s'],
    [2 * minute, '2m'],
    [2 * minute + 5, '2m5s'],
    [10 * minute + 5, '10m'],
    [3 * hour - 1, '179m'],
    [3 * hour, '3h'],
    [3 * hour + 20 * minute, '3h20m'],
    [8 * hour + 20 * minute, '8h'],
    [2 * day - 1, '47h'],
    [2 * day + 3 * hour, '2d3h'],
    [8 * day + 3 * hour, '8d'],
    [2 * year - 1, '729d'],
    [2 * year + 9 * day, '2y9d'],
    [9 * year, '9y'],
  ] as const)
    it(`writes ${seconds} s as ${text}`, () => expect(humanDuration(seconds * 1_000)).to.equal(text));
});
