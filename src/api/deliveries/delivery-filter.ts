import { deliveryStates, type DeliveryState } from '../../framework/deliveries/delivery-record.ts';
import type { DeliveryQuery } from '../../framework/deliveries/delivery-store.ts';
import type { JsonObject } from '../../framework/json.ts';
import { invalidField } from '../invalid-field.ts';

/** The modifiers of every field that deliveries can be filtered by, as the schema shows them. */
export const deliveryFilters = {
  state: { modifiers: ['eq', 'ne'], options: deliveryStates },
  receiverId: { modifiers: ['eq'] },
  driver: { modifiers: ['eq'] },
  receivedAt: { modifiers: ['gt', 'gte', 'lt', 'lte'] },
} as const;

type FilterName = keyof typeof deliveryFilters;

/** Which deliveries are meant. */
export type DeliveryFilter = Pick<DeliveryQuery, 'states' | 'receiverId' | 'driver' | 'since' | 'until'>;

interface Condition {
  readonly name: FilterName;
  /** As the caller wrote it. */
  readonly parameter: string;
  readonly modifier: string;
  readonly value: string;
}

/** Shorter names for the two that are asked for most. */
const aliases: Readonly<Record<string, Pick<Condition, 'name' | 'modifier'>>> = {
  since: { name: 'receivedAt', modifier: 'gte' },
  until: { name: 'receivedAt', modifier: 'lt' },
};

/**
 * Reads filters in Rancher's form: `state=failed`, `receivedAt_gte=…`. A state that is given more than once means any of
 * them; other parameters are no filters.
 * @returns the filter, and how a collection shows it.
 * @throws ServiceError for a modifier that the field does not take, and for values that cannot be.
 */
export function parseDeliveryFilter(query: URLSearchParams): { filter: DeliveryFilter; shown: JsonObject } {
  const conditions = [...query].flatMap(([parameter, value]) => toCondition(parameter, value));
  const of = (name: FilterName): readonly Condition[] => conditions.filter((condition) => condition.name === name);
  const shown = Object.keys(deliveryFilters).map((name): [string, unknown] => {
    const given = conditions.filter((condition) => condition.name === name);
    return [name, given.length === 0 ? null : given.map(({ modifier, value }) => ({ modifier, value }))];
  });
  const filter = {
    ...statesOf(of('state')),
    ...single('receiverId', of('receiverId')),
    ...single('driver', of('driver')),
    ...periodOf(of('receivedAt')),
  };
  return { filter, shown: Object.fromEntries(shown) };
}

function toCondition(parameter: string, value: string): Condition[] {
  const alias = Object.hasOwn(aliases, parameter) ? aliases[parameter] : undefined;
  if (alias) return [{ ...alias, parameter, value }];
  const at = parameter.lastIndexOf('_');
  const name = at < 0 ? parameter : parameter.slice(0, at);
  if (!isFilterName(name)) return [];
  const modifiers: readonly string[] = deliveryFilters[name].modifiers;
  const modifier = at < 0 ? 'eq' : parameter.slice(at + 1).toLowerCase();
  if (!modifiers.includes(modifier)) {
    throw invalidField(parameter, `written with one of ${modifiers.map((known) => `${name}_${known}`).join(', ')}`);
  }
  return [{ name, parameter, modifier, value }];
}

function isFilterName(name: string): name is FilterName {
  return Object.hasOwn(deliveryFilters, name);
}

function statesOf(conditions: readonly Condition[]): Pick<DeliveryFilter, 'states'> {
  if (conditions.length === 0) return {};
  for (const { parameter, value } of conditions) {
    if (!isState(value)) throw invalidField(parameter, `one of ${deliveryStates.join(', ')}`);
  }
  const wanted = conditions.filter(({ modifier }) => modifier === 'eq').map(({ value }) => value);
  const unwanted = conditions.filter(({ modifier }) => modifier === 'ne').map(({ value }) => value);
  const states = deliveryStates.filter((state) => !unwanted.includes(state) && (wanted.length === 0 || wanted.includes(state)));
  return { states };
}

function isState(text: string): text is DeliveryState {
  return deliveryStates.some((state) => state === text);
}

function single<N extends 'receiverId' | 'driver'>(name: N, conditions: readonly Condition[]): { [K in N]?: string } {
  const [value, ...others] = new Set(conditions.map((condition) => condition.value));
  if (others.length > 0) throw invalidField(name, 'given once');
  return value === undefined ? {} : ({ [name]: value } as { [K in N]: string });
}

/** A period includes its beginning, not its end. */
function periodOf(conditions: readonly Condition[]): Pick<DeliveryFilter, 'since' | 'until'> {
  const bounds = conditions.map(({ parameter, modifier, value }) => {
    const at = parseTime(parameter, value);
    return { since: modifier.startsWith('g'), at: modifier === 'gt' || modifier === 'lte' ? at + 1 : at };
  });
  const since = bounds.filter((bound) => bound.since).map(({ at }) => at);
  const until = bounds.filter((bound) => !bound.since).map(({ at }) => at);
  return { ...(since.length > 0 && { since: Math.max(...since) }), ...(until.length > 0 && { until: Math.min(...until) }) };
}

const iso8601 = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d))?$/;

/** Milliseconds since 1970, or a date, with its zone if it has a time. @throws ServiceError */
function parseTime(parameter: string, text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  // A plus sign that was not encoded has become a space.
  const date = text.trim().replace(' ', '+');
  const time = iso8601.test(date) ? Date.parse(date) : Number.NaN;
  if (Number.isNaN(time)) {
    throw invalidField(parameter, 'a time as 2026-01-31T12:00:00Z, a day as 2026-01-31, or milliseconds since 1970');
  }
  return time;
}
