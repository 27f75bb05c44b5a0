import type { Acceptance, DeliveryRequest, DriverConfig } from '../../framework/driver.ts';
import { ServiceError } from '../../framework/errors.ts';
import { parseGoJson } from '../../framework/go-json.ts';
import {
  isTag,
  parseImageReference,
  repositoryAsSpelled,
  sameRepository,
  tryParseImageReference,
} from '../../framework/image-reference.ts';
import { isJsonObject } from '../../framework/json.ts';
import { payloadOptionsOf } from '../../framework/payload-fields.ts';
import type { ImageEvent, Payload, PayloadFormat } from '../../framework/payload-format.ts';
import { autoFormat, joinReasons, readPayload } from '../../framework/read-payload.ts';
import type { Registry } from '../../framework/registry.ts';
import { legacyFormats, type ServiceUpgradeConfig } from './definition.ts';
import { matchesPattern } from './matches-pattern.ts';
import { validate } from './validate.ts';

/** The pushes of a body that this receiver is about. @throws ServiceError with the Go service's texts */
export function accept(formats: Registry<PayloadFormat>, request: DeliveryRequest, config: DriverConfig): Acceptance {
  const { payloadFormat = '' }: ServiceUpgradeConfig = config;
  // The Go service read every format that it did not know as Docker Hub's.
  const format = payloadFormat === autoFormat || formats.find(payloadFormat) ? payloadFormat : 'dockerhub';
  const strict = legacyFormats.includes(format);
  const body = parseBody(request.body, strict);
  const { events: pushed, ignored } = readPayload(formats, format, body, request.headers, {
    ...payloadOptionsOf(config),
    strict,
  });
  // Whoever may write to the project can store a config past the checks of a create.
  validate(config);
  const events = pushed.map((event) => withRegistry(event, config));
  const reasons = events.map((event) => whyNot(event, config));
  const wanted = events.filter((_, index) => reasons[index] === undefined);
  if (wanted.length > 0) return { kind: 'accepted', events: wanted };
  const others = ignored.map(({ reason }) => reason);
  return { kind: 'ignored', reason: joinReasons([...others, ...reasons.filter((reason) => reason !== undefined)]) };
}

/** Where the payload does not name the registry, the receiver's repository does. */
function withRegistry(event: ImageEvent, { repository = '' }: ServiceUpgradeConfig): ImageEvent {
  if (event.registry !== undefined || repository === '') return event;
  const { domain, path, name } = parseImageReference(repository);
  if (!isSamePath(domain, event, name)) return event;
  return { ...event, registry: domain, repository: path, image: `${repositoryAsSpelled(repository)}:${event.tag}` };
}

function isSamePath(domain: string, { repository }: ImageEvent, name: string): boolean {
  return tryParseImageReference(`${domain}/${repository.toLowerCase()}`)?.name === name;
}

/** @param strict true where the Go service took nothing but objects. */
function parseBody(raw: Buffer, strict: boolean): Payload {
  if (raw.length === 0) refuse('No Payload recevied from webhook');
  let body: unknown;
  try {
    body = parseGoJson(raw);
  } catch (thrown) {
    if (!(thrown instanceof ServiceError)) throw thrown;
    return refuse(`Error unmarshalling request body in Execute handler: ${thrown.message}`);
  }
  if (body === null) refuse('No Payload recevied from webhook');
  if (isJsonObject(body) || (Array.isArray(body) && !strict)) return body;
  return refuse('Body should be of type map[string]interface{}');
}

/** Why a push is none of this receiver's business; undefined if it is. */
function whyNot(event: ImageEvent, config: ServiceUpgradeConfig): string | undefined {
  const { tag = '', tagPattern = '', repository = '' } = config;
  const matches = event.tag === tag || (tagPattern !== '' && isTag(event.tag) && matchesPattern(event.tag, tagPattern));
  if (!matches) return `tag ${event.tag} is not ${[tag, tagPattern].filter((text) => text !== '').join(' or ')}`;
  const pushed = event.registry === undefined ? event.repository : `${event.registry}/${event.repository}`;
  if (repository !== '' && (event.registry === undefined || !sameRepository(pushed.toLowerCase(), repository)))
    return `the push is of ${pushed}, and the receiver's repository is ${repository}`;
  if (event.registry === undefined) return `the push of ${pushed} does not name its registry: the receiver needs a repository`;
  return undefined;
}

function refuse(text: string): never {
  throw new ServiceError('InvalidPayload', text);
}
