/** The last moment that a date can hold, milliseconds. */
const lastMoment = 8.64e15;

/** A time as Rancher's resources have it: `<name>` for people and `<name>TS` in milliseconds. Nothing if there is none. */
export function wireTime(name: string, at: number | undefined): Readonly<Record<string, string | number>> {
  // A sender may have given any number for the time of a push.
  if (at === undefined || !(Math.abs(at) <= lastMoment)) return {};
  return { [name]: new Date(at).toISOString(), [`${name}TS`]: at };
}
