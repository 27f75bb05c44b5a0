import type { Field, Fields } from './field.ts';
import { fieldTable } from './field-table.ts';

export interface ActionTypes {
  readonly input?: string;
  readonly output?: string;
}

/** One schema of the API, before a caller's role and address are applied. */
export interface TypeDefinition {
  /** Singular, camel case: `loadBalancerService`. */
  readonly id: string;
  readonly plural: string;
  /** The type whose table holds the rows: `service` for a `loadBalancerService`. Equals `id` for most. */
  readonly base: string;
  /** Between the leading 1 and the number of an id; undefined for types without rows. */
  readonly idPrefix: string | undefined;
  readonly fields: Fields;
  readonly collectionMethods: readonly string[];
  readonly resourceMethods: readonly string[];
  readonly actions: ReadonlyMap<string, ActionTypes>;
  /** Fields with a database column: the only ones that filter and sort. */
  readonly columns: readonly string[];
  /** Name of a table in `processTables`; undefined for types without states. */
  readonly processes: string | undefined;
}

export interface TypeOptions {
  readonly id: string;
  readonly plural?: string;
  readonly base?: string;
  readonly idPrefix?: string;
  readonly fields: string;
  /** Fields taken over from other types; later ones and `fields` win. */
  readonly extends?: readonly TypeDefinition[];
  /** Names taken out of what `extends` brought. */
  readonly without?: readonly string[];
  /** Letters of c, r, u, d: which methods exist. */
  readonly methods: string;
  readonly actions?: Readonly<Record<string, ActionTypes>>;
  readonly columns?: string;
  readonly processes?: string;
}

const commonColumns = ['id', 'name', 'accountId', 'kind', 'uuid', 'description', 'state', 'created', 'removed', 'removeTime'];

const commonFields = fieldTable(`
  id                     string   r notnull
  accountId              reference[account] r
  created                date     r
  data                   map[json] r
  description            string   cu maxLength=1024
  kind                   string   r
  name                   string   cu maxLength=255
  removed                date     r
  removeTime             date     r
  state                  enum     r notnull
  transitioning          enum     r options=yes,no,error
  transitioningMessage   string   r
  transitioningProgress  int      r
  uuid                   string   r
`);

/** Builds a type with rows and states; it gets the fields and columns every such type has. */
export function defineResource(options: TypeOptions): TypeDefinition {
  const base = options.base ?? options.id;
  return {
    ...defineType(options),
    fields: collect([commonFields, ...(options.extends ?? []).map((type) => type.fields)], options),
    idPrefix: options.idPrefix ?? shortName(base),
    columns: [...commonColumns, ...words(options.columns)],
    processes: options.processes ?? 'simple',
  };
}

/** Builds a type that is only ever part of others, or the input or output of an action. */
export function defineType(options: TypeOptions): TypeDefinition {
  const has = (letter: string): boolean => options.methods.includes(letter);
  return {
    id: options.id,
    plural: options.plural ?? pluralOf(options.id),
    base: options.base ?? options.id,
    idPrefix: options.idPrefix,
    fields: collect(
      (options.extends ?? []).map((type) => type.fields),
      options,
    ),
    collectionMethods: [...(has('r') ? ['GET'] : []), ...(has('c') ? ['POST'] : [])],
    resourceMethods: [...(has('r') ? ['GET'] : []), ...(has('u') ? ['PUT'] : []), ...(has('d') ? ['DELETE'] : [])],
    actions: new Map(Object.entries(options.actions ?? {})),
    columns: words(options.columns),
    processes: options.processes,
  };
}

function collect(inherited: readonly Fields[], options: TypeOptions): Fields {
  const fields = new Map<string, Field>();
  for (const table of inherited) for (const [name, field] of table) fields.set(name, field);
  for (const name of options.without ?? []) fields.delete(name);
  for (const [name, field] of fieldTable(options.fields)) fields.set(name, field);
  return fields;
}

function words(text: string | undefined): string[] {
  return (text ?? '').split(/\s+/).filter((word) => word !== '');
}

/** Cattle's rule: the first letter and the capitals, in lower case. */
function shortName(base: string): string {
  return (base.slice(0, 1) + base.slice(1).replace(/[^A-Z]/g, '')).toLowerCase();
}

function pluralOf(id: string): string {
  if (/[^aeou]y$/.test(id)) return `${id.slice(0, -1)}ies`;
  return /(s|x|ch|sh)$/.test(id) ? `${id}es` : `${id}s`;
}
