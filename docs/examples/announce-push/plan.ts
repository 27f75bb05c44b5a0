import type { Delivery, Plan } from '../../../src/framework/driver.ts';
import type { AnnouncePushConfig, AnnouncePushInput } from './definition.ts';
import { validate } from './validate.ts';

/** Writes nothing: what it returns is all that may happen. @throws ServiceError */
export function plan({ projectId, events }: Delivery, config: AnnouncePushConfig): Plan {
  // Any member of the project may have changed the stored config past the API.
  validate(config);
  const { channel = '' } = config;
  return {
    actions: events.map(({ image }) => {
      const input: AnnouncePushInput = { channel, text: `${image} was pushed` };
      // No streams: a newer push is told too, and never in place of an older one.
      return { target: `chat/${projectId}/${channel}`, description: `tell ${channel} of ${image}`, input: { ...input } };
    }),
  };
}
