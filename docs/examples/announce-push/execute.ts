import type { ActionContext, ActionResult, PlannedAction } from '../../../src/framework/driver.ts';
import type { AnnouncePushConfig, AnnouncePushInput } from './definition.ts';

/** The part of a chat client that the driver needs; a test gives it a literal. */
export interface Chat {
  /** @throws Error where the chat does not take it. */
  say(channel: string, text: string, secret: string | undefined, signal: AbortSignal): Promise<void>;
}

/** Does what was planned, and nothing that was not. @throws whatever the chat throws: it is tried again if that may help. */
export async function execute(chat: Chat, { input }: PlannedAction, context: ActionContext): Promise<ActionResult> {
  const { channel, text } = input as unknown as AnnouncePushInput;
  const { secret }: AnnouncePushConfig = context.config;
  context.progress(`writing to ${channel}`);
  // A chat cannot be asked whether it was told before: a second attempt may tell it twice, which is better than never.
  await context.beforeWrite('say');
  await chat.say(channel, text, secret, context.signal);
  return { outcome: 'succeeded', message: `${channel} was told` };
}
