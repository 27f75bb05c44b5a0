interface FieldRule {
  readonly least: number;
  readonly most: number;
  readonly names: readonly string[];
}

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const days = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const rules: readonly FieldRule[] = [
  { least: 0, most: 59, names: [] },
  { least: 0, most: 23, names: [] },
  { least: 1, most: 31, names: [] },
  { least: 1, most: 12, names: months },
  { least: 0, most: 6, names: days },
];
const macros: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};
const minuteMs = 60_000;
/** A time that does not come in so many days, such as the 30th of February, never comes. */
const farthestDays = 5 * 366;

/** What is wrong with a schedule, in the words of the parser that the API server uses; undefined if nothing is. */
export function cronScheduleFault(schedule: string): string | undefined {
  try {
    parse(schedule);
    return undefined;
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : 'not a schedule';
  }
}

/** The first time after another that a schedule names, in UTC; undefined if it never comes. @throws Error for a wrong schedule. */
export function nextTime(schedule: string, afterMs: number): number | undefined {
  const every = everyMs(schedule);
  if (every !== undefined) return afterMs + every;
  const [minutes, hours, monthDays, monthNumbers, weekDays] = parse(schedule);
  if (!minutes || !hours || !monthDays || !monthNumbers || !weekDays) return undefined;
  // If both are restricted either may fit, which is cron's rule.
  const eitherDay = monthDays.size < 31 && weekDays.size < 7;
  const isDay = (date: Date): boolean => {
    const fits = [monthDays.has(date.getUTCDate()), weekDays.has(date.getUTCDay())];
    return monthNumbers.has(date.getUTCMonth() + 1) && (eitherDay ? fits.some(Boolean) : fits.every(Boolean));
  };
  const start = new Date(Math.floor(afterMs / minuteMs + 1) * minuteMs);
  for (let day = 0; day < farthestDays; day += 1) {
    const date = new Date(Date.UTC(start.getUTCFullYear(), start.getUTCMonth(), start.getUTCDate() + day));
    if (!isDay(date)) continue;
    for (const hour of [...hours].toSorted((a, b) => a - b))
      for (const minute of [...minutes].toSorted((a, b) => a - b)) {
        const time = date.getTime() + (hour * 60 + minute) * minuteMs;
        if (time >= start.getTime()) return time;
      }
  }
  return undefined;
}

function everyMs(schedule: string): number | undefined {
  const [, count, unit] = /^@every (\d+)(s|m|h)$/.exec(schedule.trim()) ?? [];
  if (count === undefined) return undefined;
  return Math.max(1, Number(count)) * { s: 1_000, m: minuteMs, h: 60 * minuteMs }[unit as 's' | 'm' | 'h'];
}

function parse(schedule: string): Set<number>[] {
  const text = schedule.trim();
  if (everyMs(text) !== undefined) return [];
  if (text.startsWith('@') && !Object.hasOwn(macros, text)) throw new Error(`unrecognized descriptor: ${text}`);
  const fields = (macros[text] ?? text).split(/\s+/).filter((field) => field !== '');
  if (fields.length !== rules.length) throw new Error(`expected exactly 5 fields, found ${fields.length}: [${fields.join(' ')}]`);
  return rules.map((rule, index) => parseField(fields[index] ?? '', rule));
}

function parseField(field: string, rule: FieldRule): Set<number> {
  const result = new Set<number>();
  for (const part of field.split(',')) {
    const [range = '', step, ...more] = part.split('/');
    const [first = '', last, ...rest] = range.split('-');
    if (more.length > 0) throw new Error(`too many slashes: ${part}`);
    if (rest.length > 0) throw new Error(`too many hyphens: ${part}`);
    const isAny = first === '*' || first === '?';
    const start = isAny ? rule.least : numberOf(first, rule);
    const isOpen = isAny || (last === undefined && step !== undefined);
    const end = isOpen ? rule.most : last === undefined ? start : numberOf(last, rule);
    const by = step === undefined ? 1 : numberOf(step, { ...rule, names: [] });
    if (by === 0) throw new Error(`step of range should be a positive number: ${part}`);
    if (start < rule.least) throw new Error(`beginning of range (${start}) below minimum (${rule.least}): ${part}`);
    if (end > rule.most) throw new Error(`end of range (${end}) above maximum (${rule.most}): ${part}`);
    if (start > end) throw new Error(`beginning of range (${start}) beyond end of range (${end}): ${part}`);
    for (let value = start; value <= end; value += by) result.add(value);
  }
  return result;
}

function numberOf(text: string, { names, least }: FieldRule): number {
  const named = names.indexOf(text.toLowerCase());
  if (named >= 0) return named + least;
  if (!/^\d{1,9}$/.test(text))
    throw new Error(`failed to parse int from ${text}: strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`);
  return Number(text);
}
