import type { Acceptance, DeliveryRequest } from '../../../src/framework/driver.ts';
import { coerceError, ServiceError } from '../../../src/framework/errors.ts';
import { isJsonObject } from '../../../src/framework/json.ts';
import type { PayloadFormat } from '../../../src/framework/payload-format.ts';
import { autoFormat, joinReasons, readPayload } from '../../../src/framework/read-payload.ts';
import type { Registry } from '../../../src/framework/registry.ts';
import type { AnnouncePushConfig } from './definition.ts';

/** Only looks at the request: nothing is asked of anybody here. @throws ServiceError `InvalidPayload` */
export function accept(
  formats: Registry<PayloadFormat>,
  { body, headers }: DeliveryRequest,
  { tag }: AnnouncePushConfig,
): Acceptance {
  const value = parse(body);
  if (!isJsonObject(value)) throw new ServiceError('InvalidPayload', 'The payload is of no known format');
  const { events: pushed, ignored } = readPayload(formats, autoFormat, value, headers);
  const events = pushed.filter((event) => tag === undefined || event.tag === tag);
  if (events.length > 0) return { kind: 'accepted', events };
  const others = pushed.length > 0 ? [`the tag is not ${tag ?? ''}`] : [];
  return { kind: 'ignored', reason: joinReasons([...ignored.map(({ reason }) => reason), ...others]) };
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (thrown) {
    throw new ServiceError('InvalidPayload', `The payload is not valid JSON: ${coerceError(thrown).message}`);
  }
}
