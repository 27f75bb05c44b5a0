import type { DriverConfig } from '../../framework/driver.ts';
import { ServiceError } from '../../framework/errors.ts';
import { tryParseImageReference } from '../../framework/image-reference.ts';
import { checkPayloadOptions } from '../../framework/payload-fields.ts';
import type { PayloadFormat } from '../../framework/payload-format.ts';
import type { Registry } from '../../framework/registry.ts';
import type { ServiceUpgradeConfig } from './definition.ts';

/** The checks of the Go service, in its order and with its texts, and then those of the fields it does not know. @throws ServiceError */
export function validate(config: DriverConfig): void {
  const { serviceSelector = {}, batchSize = 0, intervalMillis = 0 }: ServiceUpgradeConfig = config;
  // The Go service let an empty selector pass, which then upgraded every service of the project.
  if (Object.keys(serviceSelector).length === 0) refuse('Service selectors not provided');
  checkTag(config);
  if (batchSize <= 0) refuse('Batch size for upgrade not provided/invalid');
  if (intervalMillis <= 0) refuse('Batch interval for upgrade not provided/invalid');
  checkExtensions(config);
}

/** Apart from `validate`: the Go service takes any name of a format. @throws ServiceError `InvalidConfig` */
export function checkFormat(formats: Registry<PayloadFormat>, config: DriverConfig): void {
  const { payloadFormat = '' }: ServiceUpgradeConfig = config;
  checkPayloadOptions(formats.find(payloadFormat), config);
}

function checkTag({ tag = '', tagPattern = '' }: ServiceUpgradeConfig): void {
  if (tag === '' && tagPattern === '') refuse('Tag not provided');
  if (tag !== '' && (!/^\w[\w.-]*$/.test(tag) || tag.length > 128)) {
    const rule = "tag length must be < 128, must contain [a-zA-Z0-9.-_] characters only, cannot start with '.' or '-'";
    refuse(`Invalid tag ${tag}, ${rule}`);
  }
}

function checkExtensions(config: ServiceUpgradeConfig): void {
  const { repository = '', tagPattern = '', finishTimeoutSeconds, onFailure = 'keep' } = config;
  if (repository !== '' && tryParseImageReference(repository) === undefined) refuse(`Invalid repository ${repository}`);
  if (tagPattern !== '' && (!/^[\w.*-]+$/.test(tagPattern) || tagPattern.length > 128)) {
    refuse(`Invalid tagPattern ${tagPattern}`);
  }
  if (finishTimeoutSeconds !== undefined && finishTimeoutSeconds <= 0) refuse('Invalid finishTimeoutSeconds');
  if (onFailure !== 'keep' && onFailure !== 'rollback') refuse(`Invalid onFailure ${onFailure}`);
}

function refuse(text: string): never {
  throw new ServiceError('InvalidConfig', text);
}
