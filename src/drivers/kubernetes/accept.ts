import type { Acceptance, DeliveryRequest, DriverConfig } from '../../framework/driver.ts';
import { coerceError, ServiceError } from '../../framework/errors.ts';
import { parseGoJson } from '../../framework/go-json.ts';
import { isTag, parseImageReference, tryParseImageReference } from '../../framework/image-reference.ts';
import { isJsonObject, type JsonObject } from '../../framework/json.ts';
import type { ImageEvent, PayloadFormat } from '../../framework/payload-format.ts';
import type { Registry } from '../../framework/registry.ts';
import type { DeploymentUpdateConfig } from './definition.ts';
import { canonicalName, pushedRepository } from './pushed-image.ts';
import { formatOf, tagPolicyOf } from './validate.ts';

/** Which pushes of a request concern the receiver. @throws ServiceError `InvalidPayload` for what is no push at all. */
export function accept(formats: Registry<PayloadFormat>, request: DeliveryRequest, config: DriverConfig): Acceptance {
  const body = parseBody(request.body);
  const format = formatOf(formats, config) ?? formats.all.find((each) => each.recognises(body, request.headers));
  if (format === undefined) throw new ServiceError('InvalidPayload', 'The payload is of no known format');
  const events = format.events(body, {});
  const reasons: string[] = [];
  const concerned = events.filter((event) => {
    const reason = reasonToIgnore(event, config);
    if (reason !== undefined) reasons.push(reason);
    return reason === undefined;
  });
  if (concerned.length > 0) return { kind: 'accepted', events: concerned };
  return { kind: 'ignored', reason: [...new Set(reasons)].join('; ') };
}

function parseBody(body: Buffer): JsonObject {
  if (body.length === 0) throw new ServiceError('InvalidPayload', 'The request has no payload');
  let value: unknown;
  try {
    value = parseGoJson(body);
  } catch (thrown) {
    throw new ServiceError('InvalidPayload', `The payload is not valid JSON: ${coerceError(thrown).message}`, { cause: thrown });
  }
  if (!isJsonObject(value)) throw new ServiceError('InvalidPayload', 'The payload is not a JSON object');
  return value;
}

function reasonToIgnore(event: ImageEvent, config: DeploymentUpdateConfig): string | undefined {
  const { repository, registryAliases } = config;
  const text = `${event.registry}/${event.repository}`;
  if (tryParseImageReference(text) === undefined)
    throw new ServiceError('InvalidPayload', `The pushed repository "${text}" is not a valid name`);
  if (event.tag === '') return 'the push has no tag';
  if (!isTag(event.tag)) throw new ServiceError('InvalidPayload', `The pushed tag "${event.tag}" is not valid`);
  const pushed = pushedRepository(event);
  if (
    repository !== undefined &&
    canonicalName(parseImageReference(repository), registryAliases) !== canonicalName(pushed, registryAliases)
  ) {
    return `repository ${pushed.familiar} is not ${repository}`;
  }
  return tagPolicyOf(config).reasonToIgnore(event.tag);
}
