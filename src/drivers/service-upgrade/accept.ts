import type { Acceptance, DeliveryRequest, DriverConfig } from '../../framework/driver.ts';
import { ServiceError } from '../../framework/errors.ts';
import { parseGoJson } from '../../framework/go-json.ts';
import { isTag, sameRepository } from '../../framework/image-reference.ts';
import { isJsonObject, type JsonObject } from '../../framework/json.ts';
import type { ImageEvent, PayloadFormat } from '../../framework/payload-format.ts';
import type { Registry } from '../../framework/registry.ts';
import type { ServiceUpgradeConfig } from './definition.ts';
import { matchesPattern } from './matches-pattern.ts';
import { validate } from './validate.ts';

/** The pushes of a body that this receiver is about. @throws ServiceError with the Go service's texts */
export function accept(formats: Registry<PayloadFormat>, request: DeliveryRequest, config: DriverConfig): Acceptance {
  const { payloadFormat = '', addressType = '' }: ServiceUpgradeConfig = config;
  const body = parseBody(request.body);
  const format = formats.find(payloadFormat) ?? formats.require('dockerhub', 'Internal', () => 'no format for Docker Hub');
  const events = format.events(body, addressType === '' ? {} : { addressType });
  // Whoever may write to the project can store a config past the checks of a create.
  validate(config);
  const reasons = events.map((event) => whyNot(event, config));
  const wanted = events.filter((_, index) => reasons[index] === undefined);
  if (wanted.length > 0) return { kind: 'accepted', events: wanted };
  return { kind: 'ignored', reason: [...new Set(reasons)].join('; ') };
}

function parseBody(raw: Buffer): JsonObject {
  if (raw.length === 0) refuse('No Payload recevied from webhook');
  let body: unknown;
  try {
    body = parseGoJson(raw);
  } catch (thrown) {
    if (!(thrown instanceof ServiceError)) throw thrown;
    return refuse(`Error unmarshalling request body in Execute handler: ${thrown.message}`);
  }
  if (body === null) refuse('No Payload recevied from webhook');
  if (!isJsonObject(body)) refuse('Body should be of type map[string]interface{}');
  return body;
}

/** Why a push is none of this receiver's business; undefined if it is. */
function whyNot(event: ImageEvent, config: ServiceUpgradeConfig): string | undefined {
  const { tag = '', tagPattern = '', repository = '' } = config;
  const matches = event.tag === tag || (tagPattern !== '' && isTag(event.tag) && matchesPattern(event.tag, tagPattern));
  if (!matches) return `tag ${event.tag} is not ${[tag, tagPattern].filter((text) => text !== '').join(' or ')}`;
  const pushed = `${event.registry}/${event.repository}`;
  if (repository !== '' && !sameRepository(pushed, repository)) return `repository ${pushed} is not ${repository}`;
  return undefined;
}

function refuse(text: string): never {
  throw new ServiceError('InvalidPayload', text);
}
