import type { Driver } from '../framework/driver.ts';
import { ServiceError } from '../framework/errors.ts';
import { limits } from '../framework/limits.ts';
import { canonicalProjectId } from '../framework/project-id.ts';
import { hasEnded, type Receiver, type ReceiverLookup } from '../framework/receiver.ts';
import type { Registry } from '../framework/registry.ts';
import type { Tokens } from '../framework/token.ts';
import { toServiceError } from '../rancher/to-service-error.ts';
import type { TriggerParameters } from './trigger-parameters.ts';

export interface TriggerContext {
  readonly tokens: Tokens;
  readonly lookup: ReceiverLookup;
  readonly drivers: Registry<Driver>;
}

export interface Triggered {
  readonly receiver: Receiver;
  readonly driver: Driver;
}

/** Texts that say nothing more than the Go service did. */
const revokedKey = 'Requested webhook has been revoked/does not exist for this account';
const revokedToken = 'Requested webhook has been revoked';

/**
 * The receiver that a trigger URL means. A token proves which one that is; what it does, the store says.
 * @throws ServiceError with the Go service's texts; a malformed or forged credential costs no call to Rancher.
 */
export function findTriggered(context: TriggerContext, parameters: TriggerParameters): Promise<Triggered> {
  return parameters.token === '' ? findByKey(context, parameters) : findByToken(context, parameters.token);
}

function findByKey(context: TriggerContext, { key, projectId }: TriggerParameters): Promise<Triggered> {
  if (key === '') throw new ServiceError('InvalidRequest', "Invalid execute url, should have 'token' or 'key'");
  if (projectId === '') throw new ServiceError('InvalidRequest', 'Invalid execute url, url must contain projectId');
  const describe = (text: string): string => `Error ${text} filtering genericObjects by key`;
  return find(context, { projectId, key, issued: false, revoked: revokedKey, describe });
}

function findByToken(context: TriggerContext, token: string): Promise<Triggered> {
  const { claims, named } = context.tokens.verify(token);
  const { driver, projectId, uuid } = claims;
  if (typeof driver !== 'string') throw new ServiceError('InvalidRequest', 'Driver not found after decode');
  context.drivers.require(driver, 'InvalidRequest', notRegistered);
  if (typeof projectId !== 'string' || projectId === '')
    throw new ServiceError('InvalidRequest', 'ProjectId not provided by server');
  if (typeof uuid !== 'string' || uuid === '') throw new ServiceError('InvalidRequest', 'Uuid not found after decode');
  // 0.9.15 has two texts: the one for tokens goes with the tokens of Rancher's own making.
  const revoked = named ? revokedKey : revokedToken;
  return find(context, { projectId, key: uuid, issued: true, revoked, describe: (text) => text });
}

interface Wanted {
  readonly projectId: string;
  readonly key: string;
  readonly issued: boolean;
  readonly revoked: string;
  readonly describe: (apiError: string) => string;
}

async function find(context: TriggerContext, { key, issued, revoked, describe, ...wanted }: Wanted): Promise<Triggered> {
  const projectId = canonicalProjectId(wanted.projectId);
  if (Buffer.byteLength(key) > limits.keyBytes) throw new ServiceError('Revoked', revoked);
  const mayBeStale = (receiver: Receiver): boolean => driverOf(context, receiver)?.definition.mode === 'queued';
  const receiver = await context.lookup.find(projectId, key, { mayBeStale, issued }).catch((thrown: unknown) => {
    throw toServiceError(thrown, describe);
  });
  if (!receiver || hasEnded(receiver)) throw new ServiceError('Revoked', revoked);
  if (typeof receiver.driver !== 'string') throw new ServiceError('InvalidRequest', 'No driver provided');
  const driver = context.drivers.require(receiver.driver, 'InvalidRequest', notRegistered);
  if (receiver.config === undefined) throw new ServiceError('InvalidRequest', 'Driver config not found');
  return { receiver, driver };
}

function driverOf(context: TriggerContext, receiver: Receiver): Driver | undefined {
  return typeof receiver.driver === 'string' ? context.drivers.find(receiver.driver) : undefined;
}

function notRegistered(id: string): string {
  return `Driver ${id} is not registered`;
}
