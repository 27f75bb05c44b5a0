import type { Driver } from '../../../src/framework/driver.ts';
import type { PayloadFormat } from '../../../src/framework/payload-format.ts';
import type { Registry } from '../../../src/framework/registry.ts';
import { accept } from './accept.ts';
import { definition } from './definition.ts';
import { type Chat, execute } from './execute.ts';
import { plan } from './plan.ts';
import { validate } from './validate.ts';

export interface AnnouncePushOptions {
  readonly formats: Registry<PayloadFormat>;
  readonly chat: Chat;
}

/** Tells a chat channel that an image was pushed. */
export function announcePush({ formats, chat }: AnnouncePushOptions): Driver {
  return {
    definition,
    validate: async (config) => validate(config),
    upstream: () => 'chat',
    accept: (request, config) => accept(formats, request, config),
    plan: async (delivery, config) => plan(delivery, config),
    execute: (action, context) => execute(chat, action, context),
  };
}
