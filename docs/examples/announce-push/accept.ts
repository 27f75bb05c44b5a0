import type { Acceptance, DeliveryRequest } from '../../../src/framework/driver.ts';
import { coerceError, ServiceError } from '../../../src/framework/errors.ts';
import { isJsonObject } from '../../../src/framework/json.ts';
import type { PayloadFormat } from '../../../src/framework/payload-format.ts';
import type { Registry } from '../../../src/framework/registry.ts';
import type { AnnouncePushConfig } from './definition.ts';

/** Only looks at the request: nothing is asked of anybody here. @throws ServiceError `InvalidPayload` */
export function accept(
  formats: Registry<PayloadFormat>,
  { body, headers }: DeliveryRequest,
  { tag }: AnnouncePushConfig,
): Acceptance {
  const value = parse(body);
  const format = isJsonObject(value) ? formats.all.find((each) => each.recognises(value, headers)) : undefined;
  if (!format || !isJsonObject(value)) throw new ServiceError('InvalidPayload', 'The payload is of no known format');
  const events = format.events(value, {}).filter((event) => tag === undefined || event.tag === tag);
  return events.length > 0 ? { kind: 'accepted', events } : { kind: 'ignored', reason: `the tag is not ${tag ?? ''}` };
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (thrown) {
    throw new ServiceError('InvalidPayload', `The payload is not valid JSON: ${coerceError(thrown).message}`);
  }
}
