import type { DriverConfig, FieldDefinition } from './driver.ts';
import type { PayloadOptions } from './payload-format.ts';

/** The fields of a receiver's config that become payload options, beside Alibaba Cloud's `addressType`. */
export const payloadPathFields: readonly FieldDefinition[] = [
  {
    name: 'imagePath',
    type: 'string',
    extension: true,
    description: 'For payloadFormat custom: where in the body the image or its repository is, such as $.artifact.name',
  },
  {
    name: 'tagPath',
    type: 'string',
    extension: true,
    description: 'For payloadFormat custom: where the tag is, if it is not part of the image',
  },
  {
    name: 'digestPath',
    type: 'string',
    extension: true,
    description: 'For payloadFormat custom: where the digest is, if it is not part of the image',
  },
];

/** What a receiver's config says to its payload format. */
export function payloadOptionsOf(config: DriverConfig): PayloadOptions {
  const names = ['addressType', ...payloadPathFields.map(({ name }) => name)];
  return Object.fromEntries(names.flatMap((name) => (typeof config[name] === 'string' ? [[name, config[name]]] : [])));
}
