import { isJsonObject, type JsonObject, type JsonValue } from '../../shared/json-value.ts';
import { actionAllowed, fieldVisible, type Role } from '../auth/role.ts';
import { availableActions } from '../process/available-actions.ts';
import { splitType } from '../schema/field.ts';
import { typeOf, typeTable } from '../schema/type-table.ts';
import type { ResourceStore } from '../store/resource-store.ts';
import { type Row, valueOf } from '../store/row.ts';
import { collectionUrl, type View } from './address.ts';
import { childIds, linkNames } from './links.ts';
import { wireDate } from './wire-date.ts';

/** Values shown this once, such as a new key's secret. */
export interface RenderOptions {
  readonly once?: JsonObject;
}

/**
 * A row as Cattle shows it: id, type, links, actions, baseType, name and state first, then every field of the schema in
 * alphabetical order, nulls included, dates twice (`created` and `createdTS`).
 */
export function renderResource(store: ResourceStore, row: Row, view: View, options: RenderOptions = {}): JsonObject {
  const type = typeOf(row.type);
  const self = `${collectionUrl(view, type)}/${row.id}`;
  const link = (name: string): [string, string] => [name, `${self}/${name.toLowerCase()}`];
  const shown: JsonObject = {
    id: row.id,
    type: row.type,
    links: { self, ...Object.fromEntries(linkNames(type, row).map(link)) },
    [view.actionsKey]: Object.fromEntries(
      availableActions(row)
        .filter((action) => actionAllowed(view.role, type, action))
        .map((action) => [action, `${self}/?action=${action}`]),
    ),
    baseType: type.base,
    name: row.name,
    ...(type.fields.has('state') ? { state: row.state } : {}),
  };
  const computed = childIds(store, row, type.base);
  for (const name of [...type.fields.keys()].toSorted()) {
    if (Object.hasOwn(shown, name) || !fieldVisible(view.role, type, name)) continue;
    const field = type.fields.get(name);
    const value = field?.readOnCreateOnly ? (options.once?.[name] ?? null) : (computed[name] ?? valueOf(row, name));
    if (field?.type === 'date') {
      shown[name] = typeof value === 'number' ? wireDate(value) : null;
      shown[`${name}TS`] = typeof value === 'number' ? value : null;
    } else shown[name] = field ? visiblePart(value, field.type, view.role) : value;
  }
  return shown;
}

/** Takes out of nested objects what the role may not see. */
function visiblePart(value: JsonValue, type: string, role: Role): JsonValue {
  if (role !== 'readonly') return value;
  const { outer, inner } = splitType(type);
  if (Array.isArray(value) && inner !== undefined) return value.map((item) => visiblePart(item, inner, role));
  const definition = typeTable.get(outer);
  if (!definition || !isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => fieldVisible(role, definition, name))
      .map(([name, part]) => [name, visiblePart(part, definition.fields.get(name)?.type ?? 'json', role)]),
  );
}
