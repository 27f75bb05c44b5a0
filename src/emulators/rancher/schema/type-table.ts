import { accountTypes } from './account-types.ts';
import { hostTypes } from './host-types.ts';
import { launchConfigTypes } from './launch-config-types.ts';
import { objectTypes } from './object-types.ts';
import { serviceInputTypes } from './service-input-types.ts';
import { serviceTypes } from './service-types.ts';
import { stackTypes } from './stack-types.ts';
import type { TypeDefinition } from './type-definition.ts';

/** Every schema of the emulated API by its id. */
export const typeTable: ReadonlyMap<string, TypeDefinition> = new Map(
  [accountTypes, hostTypes, launchConfigTypes, objectTypes, serviceInputTypes, serviceTypes, stackTypes]
    .flat()
    .map((type) => [type.id, type]),
);

const byLowerName: ReadonlyMap<string, TypeDefinition> = new Map(
  [...typeTable.values()].flatMap((type) => [
    [type.id.toLowerCase(), type],
    [type.plural.toLowerCase(), type],
  ]),
);

/** Version 1 knows stacks by their old name. */
const namesInVersion1: ReadonlyMap<string, string> = new Map([
  ['environment', 'stack'],
  ['environments', 'stack'],
]);

/** The type that a path segment or a schema id means, singular or plural, in any case. */
export function typeNamed(name: string, version = 'v2-beta'): TypeDefinition | undefined {
  const lower = name.toLowerCase();
  return byLowerName.get((version === 'v1' ? namesInVersion1.get(lower) : undefined) ?? lower);
}

/** The definition of a type that is known to exist. @throws Error for a name that is no type. */
export function typeOf(id: string): TypeDefinition {
  const type = typeTable.get(id);
  if (!type) throw new Error(`no type ${id}`);
  return type;
}
