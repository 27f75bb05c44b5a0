import type { DriverDefinition } from '../../framework/driver.ts';
import { payloadPathFields } from '../../framework/payload-fields.ts';
import type { PayloadFormat } from '../../framework/payload-format.ts';
import { autoFormat } from '../../framework/read-payload.ts';
import type { Registry } from '../../framework/registry.ts';
import { type SenderConfig, senderFields } from '../../framework/sender-authenticity/sender-fields.ts';

/** A decoded `serviceUpgradeConfig`. */
export interface ServiceUpgradeConfig extends SenderConfig {
  readonly addressType?: string;
  readonly batchSize?: number;
  /** Seconds, whatever its name says: so it is shown to people, and so the Go service takes it. */
  readonly intervalMillis?: number;
  readonly payloadFormat?: string;
  /** A null is what Go reads as an empty string. */
  readonly serviceSelector?: Readonly<Record<string, string | null>>;
  readonly startFirst?: boolean;
  readonly tag?: string;
  readonly repository?: string;
  readonly tagPattern?: string;
  readonly finishTimeoutSeconds?: number;
  readonly onFailure?: string;
}

/** Which launch configs of a service an upgrade is about. */
export interface ConfigChoice {
  readonly primary: boolean;
  /** Names of secondary launch configs. */
  readonly sidekicks: readonly string[];
}

/** What the PlannedAction of one service holds. */
export interface ServiceUpgradeInput extends ConfigChoice {
  readonly serviceId: string;
  /** The reference to write, without `docker:`. */
  readonly image: string;
  /** The service when this was planned: what was upgraded since then pulled the image after it was pushed. */
  readonly found: FoundService;
}

/** Each text names one state of a launch config: Rancher gives it a new version with every upgrade. */
export interface FoundService {
  /** The launch configs to upgrade: the primary one under an empty name, sidekicks under theirs. */
  readonly configs: Readonly<Record<string, string>>;
  /** The launch configs of the upgrade that the service then was in, or had last. */
  readonly upgrade: readonly string[];
}

/** The formats that the Go service has. */
export const legacyFormats: readonly string[] = ['dockerhub', 'alicloud', 'azure'];

/** The driver's fields as data; the payload formats are those that the program has. */
export function definitionWith(formats: Registry<PayloadFormat>): DriverDefinition {
  return {
    id: 'serviceUpgrade',
    description: 'Upgrades the services with certain labels to an image that was pushed',
    mode: 'queued',
    fields: [
      {
        name: 'addressType',
        type: 'enum',
        default: 'registry',
        options: ['registry', 'registry-internal', 'registry-vpc'],
        description: 'Alibaba Cloud only: by which of its addresses the registry is reached',
      },
      { name: 'batchSize', type: 'int', default: 1, min: 1, description: 'How many containers are replaced at a time' },
      { name: 'intervalMillis', type: 'int', default: 2, min: 1, description: 'How many seconds lie between two batches' },
      {
        name: 'payloadFormat',
        type: 'enum',
        default: 'dockerhub',
        options: legacyFormats,
        extensionOptions: [autoFormat, ...formats.all.map(({ id }) => id).filter((id) => !legacyFormats.includes(id))],
        description: 'Which registry sends the pushes',
      },
      {
        name: 'serviceSelector',
        type: 'map[string]',
        description: 'The labels of the services and sidekicks to upgrade; an empty value stands for any',
      },
      { name: 'startFirst', type: 'bool', default: false, description: 'Start new containers before stopping the old ones' },
      { name: 'tag', type: 'string', description: 'The tag whose pushes count' },
      ...payloadPathFields,
      {
        name: 'repository',
        type: 'string',
        extension: true,
        description: 'The repository whose pushes count, such as acme/web; every repository if absent',
      },
      {
        name: 'tagPattern',
        type: 'string',
        extension: true,
        description: 'Tags whose pushes count beside `tag`; * stands for any characters',
      },
      {
        name: 'finishTimeoutSeconds',
        type: 'int',
        min: 1,
        extension: true,
        description: 'After how long an upgrade that has not ended counts as failed; after a day if absent',
      },
      {
        name: 'onFailure',
        type: 'enum',
        default: 'keep',
        options: ['keep', 'rollback'],
        extension: true,
        description: 'Whether a failed upgrade is rolled back',
      },
      ...senderFields,
    ],
  };
}
