import type { Acceptance, DeliveryRequest, DriverConfig } from '../../framework/driver.ts';
import { ServiceError } from '../../framework/errors.ts';
import { imageEventFault, pushedName } from '../../framework/image-event-fault.ts';
import { isTag, parseImageReference, repositoryAsSpelled } from '../../framework/image-reference.ts';
import { payloadOptionsOf } from '../../framework/payload-fields.ts';
import type { ImageEvent, PayloadFormat } from '../../framework/payload-format.ts';
import { autoFormat, joinReasons, parsePayload, readPayload } from '../../framework/read-payload.ts';
import type { Registry } from '../../framework/registry.ts';
import type { DeploymentUpdateConfig } from './definition.ts';
import { isPushTo } from './images/pushed-image.ts';
import { tagPolicyOf } from './validate.ts';

/** Which pushes of a request concern the receiver. @throws ServiceError `InvalidPayload` for what is no push at all. */
export function accept(formats: Registry<PayloadFormat>, request: DeliveryRequest, config: DriverConfig): Acceptance {
  const { payloadFormat = autoFormat }: DeploymentUpdateConfig = config;
  const body = parsePayload(request.body, request.headers);
  const { events, ignored } = readPayload(formats, payloadFormat, body, request.headers, payloadOptionsOf(config));
  checkWork(events, config);
  const reasons = ignored.map(({ reason }) => reason);
  const faults: string[] = [];
  const concerned: ImageEvent[] = [];
  for (const pushed of events) {
    const fault = imageEventFault(pushed);
    if (fault !== undefined) {
      faults.push(fault);
      continue;
    }
    const event = withRegistry(pushed, config);
    const reason = reasonToIgnore(event, config);
    if (reason === undefined) concerned.push(event);
    else reasons.push(reason);
  }
  if (concerned.length > 0) return { kind: 'accepted', events: concerned };
  if (faults.length > 0) throw new ServiceError('InvalidPayload', joinReasons(faults));
  return { kind: 'ignored', reason: joinReasons(reasons) };
}

/** Tens of milliseconds: nothing else is answered meanwhile. A hundred tags are far below, with any expression that people write. */
const maxSteps = 4_000_000;

/** One tag is little work with any expression, a thousand in one body need not be. */
function checkWork(events: readonly ImageEvent[], config: DeploymentUpdateConfig): void {
  const characters = events.reduce((sum, { tag }) => sum + (isTag(tag) ? tag.length : 0), 0);
  if (characters * tagPolicyOf(config).stepsPerCharacter > maxSteps)
    throw new ServiceError(
      'InvalidPayload',
      `The payload has ${events.length} pushes with ${characters} characters in their tags, too many for this receiver's regular expression`,
    );
}

/** Where the payload does not name the registry, the receiver's repository does. */
function withRegistry(event: ImageEvent, { repository, registryAliases }: DeploymentUpdateConfig): ImageEvent {
  if (event.registry !== undefined || repository === undefined) return event;
  const wanted = parseImageReference(repository);
  if (!isPushTo(wanted, event, registryAliases)) return event;
  return { ...event, registry: wanted.domain, repository: wanted.path, image: `${repositoryAsSpelled(repository)}:${event.tag}` };
}

function reasonToIgnore(event: ImageEvent, config: DeploymentUpdateConfig): string | undefined {
  const { repository, registryAliases } = config;
  if (event.tag === '') return 'the push has no tag';
  if (repository !== undefined && !isPushTo(parseImageReference(repository), event, registryAliases))
    return `the push is of ${parseImageReference(pushedName(event)).familiar}, and the receiver's repository is ${repository}`;
  return tagPolicyOf(config).reasonToIgnore(event.tag);
}
