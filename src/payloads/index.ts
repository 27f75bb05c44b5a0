import type { PayloadFormat } from '../framework/payload-format.ts';
import { createRegistry, type Registry } from '../framework/registry.ts';
import { alicloud } from './alicloud.ts';
import { azure } from './azure.ts';
import { dockerhub } from './dockerhub.ts';

/** Every payload format, by its id on the wire. At most one of them recognises a body. */
export const payloadFormats: Registry<PayloadFormat> = createRegistry([dockerhub, alicloud, azure], (format) => format.id);
