import { randomBytes } from 'node:crypto';
import { asString, type JsonObject } from '../../shared/json-value.ts';
import { localIdentity } from '../auth/project-members.ts';
import { seesEverything } from '../auth/role.ts';
import { hashSecret } from '../auth/secret-hash.ts';
import type { ApiContext, ApiRequest } from '../http/api-request.ts';
import { forbidden, invalid } from '../http/api-error.ts';
import { checkName } from './check-name.ts';

/** What a type's own rules add to a new row. */
export interface RuleResult {
  readonly accountId?: string;
  readonly fields?: JsonObject;
  readonly hidden?: JsonObject;
  /** Shown in this answer only. */
  readonly once?: JsonObject;
}

type CreateRule = (context: ApiContext, request: ApiRequest, input: JsonObject) => RuleResult;

const service: CreateRule = ({ store }, _request, input) => {
  const stack = store.present('stack', asString(input['stackId']));
  if (!stack) throw invalid('InvalidReference', 'stackId');
  checkName(store, 'service', asString(input['name']) ?? '', { stackId: stack.id });
  const fields: JsonObject = input['scale'] === undefined ? {} : { currentScale: 0 };
  return { fields, ...(stack.accountId === null ? {} : { accountId: stack.accountId }) };
};

const stack: CreateRule = ({ store }, request, input) => {
  checkName(store, 'stack', asString(input['name']) ?? '', { accountId: request.caller.scope });
  return { fields: { healthState: 'healthy' } };
};

/** Exactly one driver configuration, or a template (Cattle MachineValidationFilter); the driver's name follows from it. */
const host: CreateRule = ({ store }, request, input) => {
  const given = Object.keys(request.body).filter((name) => /config$/i.test(name) && request.body[name] !== null);
  const templateId = asString(input['hostTemplateId']);
  if (given.length > 1 || (given.length === 0 && templateId === undefined)) throw invalid('DriverConfigExactlyOneRequired');
  const template = store.present('hostTemplate', templateId);
  const driver = given[0]?.replace(/config$/i, '') ?? asString(template?.fields['driver']) ?? null;
  return { fields: { driver, agentState: null, computeTotal: 1_000_000 } };
};

/** An environment key belongs to a project the caller can enter, an account key to the caller. */
const apiKey: CreateRule = ({ store }, request, input) => {
  const { caller } = request;
  const accountId = asString(input['accountId']) ?? caller.scope;
  const isOpen = caller.sees === undefined || caller.scope === accountId || caller.account.id === accountId;
  if (!isOpen || !store.present('account', accountId)) throw forbidden();
  const key = newKey();
  return {
    accountId,
    fields: { publicValue: key.publicValue },
    hidden: { secretHash: hashSecret(key.secretValue), role: seesEverything(caller.role) ? 'owner' : caller.role },
    once: { secretValue: key.secretValue },
  };
};

const project: CreateRule = (_context, { caller }, input) => {
  const self = { externalId: caller.account.id, externalIdType: localIdentity, role: 'owner', type: 'projectMember' };
  const members = Array.isArray(input['members']) && input['members'].length > 0 ? input['members'] : [self];
  return { fields: { members, orchestration: 'cattle', healthState: 'healthy' } };
};

const pullTask: CreateRule = () => ({ fields: { status: {} } });

/** Rules beyond the schema, by type. */
export const createRules: Readonly<Record<string, CreateRule>> = {
  apiKey,
  dnsService: service,
  externalService: service,
  host,
  loadBalancerService: service,
  project,
  pullTask,
  service,
  stack,
};

/** Twenty capitals and digits, and forty letters and digits, as Cattle generates them. */
export function newKey(): { publicValue: string; secretValue: string } {
  return {
    publicValue: randomBytes(10).toString('hex').toUpperCase(),
    secretValue: randomBytes(64).toString('base64').replace(/[+/=]/g, '').slice(0, 40),
  };
}
