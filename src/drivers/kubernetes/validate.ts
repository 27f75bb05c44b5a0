import type { DriverConfig } from '../../framework/driver.ts';
import { repositoryAsSpelled, tryParseImageReference } from '../../framework/image-reference.ts';
import { checkPayloadOptions } from '../../framework/payload-fields.ts';
import type { PayloadFormat } from '../../framework/payload-format.ts';
import type { Registry } from '../../framework/registry.ts';
import { createTagPolicy, type TagPolicy } from '../../framework/tag-policies/tag-policy.ts';
import type { KubernetesAllowance } from './allow.ts';
import { checkBlueGreen } from './blue-green/check-blue-green.ts';
import { definitionWith, type DeploymentUpdateConfig } from './definition.ts';
import { isDnsLabel } from './dns-label.ts';
import { fieldRefused } from './field-refused.ts';
import { placeOf } from './workload/find-workloads.ts';
import { checkStrategy } from './workload/update-strategy.ts';

/** The name of a label without its prefix, and a label's value. */
const labelPart = /^[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/;
const subdomain = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;

/** Longest name of a context, characters. */
const maxClusterLength = 253;

/** Checks every field, and that the project may touch the target at all. @throws ServiceError */
export function validate(
  formats: Registry<PayloadFormat>,
  allow: KubernetesAllowance,
  config: DriverConfig,
  projectId: string,
): void {
  const { container }: DeploymentUpdateConfig = config;
  const place = placeOf(config);
  checkWhich(config);
  if (!isDnsLabel(place.namespace)) throw fieldRefused('namespace', `Invalid namespace "${place.namespace}"`);
  if (place.cluster.length > maxClusterLength) throw fieldRefused('cluster', `Invalid cluster "${place.cluster}"`);
  if (container !== undefined && !isDnsLabel(container)) throw fieldRefused('container', `Invalid container "${container}"`);
  checkImageFields(config);
  // What the others say depends on the kind.
  checkChoices(formats, config);
  checkStrategy(config);
  checkBlueGreen(config);
  checkPayloadOptions(formats.find(config['payloadFormat'] as string), config);
  allow.require(projectId, place);
}

/** An empty selector would mean every workload; it is one that is absent by now. */
function checkWhich({ name = '', selector }: DeploymentUpdateConfig): void {
  if (name === '' && selector === undefined) throw fieldRefused('name', 'Name or selector not provided');
  if (name !== '' && selector !== undefined) throw fieldRefused('selector', 'Only one of name and selector may be given');
  if (name !== '' && !subdomain.test(name)) throw fieldRefused('name', `Invalid name "${name}"`);
  for (const [key, value] of Object.entries(selector ?? {})) {
    if (!isLabelKey(key)) throw fieldRefused('selector', `Invalid label "${key}" in selector`);
    if (typeof value !== 'string' || (value !== '' && !labelPart.test(value)))
      throw fieldRefused('selector', `Invalid value "${value}" of label "${key}" in selector`);
  }
}

function isLabelKey(key: string): boolean {
  const slash = key.indexOf('/');
  return (slash < 0 || subdomain.test(key.slice(0, slash))) && labelPart.test(key.slice(slash + 1));
}

function checkImageFields({ repository, registryAliases = {}, ...tags }: DeploymentUpdateConfig): void {
  if (repository !== undefined && !isRepository(repository))
    throw fieldRefused('repository', `Invalid repository "${repository}", must be one without a tag, such as acme/web`);
  tagPolicyOf(tags);
  for (const [named, pushed] of Object.entries(registryAliases)) {
    const wrong = !beginsWithHost(named)
      ? named
      : typeof pushed !== 'string' || !isRepository(`${pushed}/name`)
        ? pushed
        : undefined;
    if (wrong !== undefined) throw fieldRefused('registryAliases', `Invalid registry host "${wrong}" in registryAliases`);
  }
}

function checkChoices(formats: Registry<PayloadFormat>, config: DeploymentUpdateConfig): void {
  for (const { name, options, min, max } of definitionWith(formats).fields) {
    const value: unknown = config[name as keyof DeploymentUpdateConfig];
    if (typeof value === 'string' && options !== undefined && !options.includes(value)) {
      throw fieldRefused(name, `Invalid ${name} "${value}", must be one of ${options.join(', ')}`);
    }
    if (typeof value !== 'number') continue;
    if (min !== undefined && value < min) throw fieldRefused(name, `Invalid ${name} ${value}, must be at least ${min}`);
    if (max !== undefined && value > max) throw fieldRefused(name, `Invalid ${name} ${value}, must be at most ${max}`);
  }
}

/** @throws ServiceError `InvalidConfig` */
export function tagPolicyOf({
  tagPolicy,
  tag,
  tagOrder,
}: Pick<DeploymentUpdateConfig, 'tagPolicy' | 'tag' | 'tagOrder'>): TagPolicy {
  return createTagPolicy({ policy: tagPolicy, tag, order: tagOrder });
}

function isRepository(text: string): boolean {
  return tryParseImageReference(text) !== undefined && repositoryAsSpelled(text) === text;
}

/** False also for a name without a dot, a port or `localhost`, which is no host but a path at Docker Hub. */
function beginsWithHost(text: string): boolean {
  const within = `${text}/name`;
  return isRepository(within) && tryParseImageReference(within)?.path.startsWith(`${text}/`) === false;
}
