import type { DriverDefinition } from '../../../src/framework/driver.ts';

/** A decoded `announcePushConfig`. */
export interface AnnouncePushConfig {
  readonly channel?: string;
  readonly tag?: string;
  readonly secret?: string;
}

/** What the PlannedAction of one push holds. */
export interface AnnouncePushInput {
  readonly channel: string;
  readonly text: string;
}

export const definition: DriverDefinition = {
  id: 'announcePush',
  description: 'Tells a chat channel that an image was pushed',
  mode: 'queued',
  extension: true,
  fields: [
    { name: 'channel', type: 'string', required: true, description: 'Where to, such as #releases' },
    { name: 'tag', type: 'string', description: 'The tag whose pushes are told; absent: every tag' },
    { name: 'secret', type: 'string', sensitive: true, description: "The chat's own secret" },
  ],
};
