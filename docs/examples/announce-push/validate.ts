import { ServiceError } from '../../../src/framework/errors.ts';
import type { AnnouncePushConfig } from './definition.ts';

/** @throws ServiceError `InvalidConfig` that names the field. */
export function validate({ channel = '' }: AnnouncePushConfig): void {
  if (channel === '') throw new ServiceError('InvalidConfig', 'Channel not provided', { fieldName: 'channel' });
  if (!/^#[a-z0-9-]{1,80}$/.test(channel)) {
    throw new ServiceError('InvalidConfig', `Invalid channel ${channel}`, { fieldName: 'channel' });
  }
}
