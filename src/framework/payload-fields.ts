import type { DriverConfig, FieldDefinition } from './driver.ts';
import { ServiceError } from './errors.ts';
import type { PayloadFormat, PayloadOptions } from './payload-format.ts';

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

/**
 * Checks what a receiver's config says to its payload format: paths say nothing to one that reads none, and whoever gives some
 * means to have them read.
 * @throws ServiceError `InvalidConfig`
 */
export function checkPayloadOptions(format: PayloadFormat | undefined, config: DriverConfig): void {
  const options = payloadOptionsOf(config);
  if (format?.checkOptions) return format.checkOptions(options);
  const useless = payloadPathFields.find(({ name }) => (options[name as keyof PayloadOptions] ?? '') !== '');
  if (useless === undefined) return undefined;
  throw new ServiceError('InvalidConfig', `${useless.name} needs payloadFormat custom`, { fieldName: useless.name });
}
