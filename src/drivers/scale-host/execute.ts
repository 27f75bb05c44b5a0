import { STATUS_CODES } from 'node:http';
import type { ActionContext, ActionResult, PlannedAction } from '../../framework/driver.ts';
import { ServiceError } from '../../framework/errors.ts';
import { RancherError } from '../../rancher/rancher-error.ts';
import type { BeforeWrite, Rancher, RancherProject, RancherResource } from '../../rancher/rancher.ts';
import { orServiceError, toServiceError } from '../../rancher/to-service-error.ts';
import type { ScaleHostInput } from './definition.ts';
import { isLeaving, listHosts, namesOf } from './host-group.ts';

/**
 * Makes or removes the hosts that were planned. What is there, or gone, already is left out: so an action that was interrupted
 * can be done again. @throws ServiceError that tells what was done before the fault.
 */
export async function execute(rancher: Rancher, action: PlannedAction, context: ActionContext): Promise<ActionResult> {
  const input = action.input as unknown as ScaleHostInput;
  const { projectId } = context.delivery;
  const present = await listHosts(rancher, projectId);
  if (input.kind === 'delete') {
    const ids = new Set(present.filter((host) => !isLeaving(host)).map((host) => host.id));
    const project = rancher.project(projectId);
    const hostIds = input.hostIds.filter((id) => ids.has(id));
    await inTurn(hostIds, 'removed', context, (id, before) => removeHost(project, id, input.byTemplate, before));
    return { outcome: 'succeeded', message: `removed ${input.hostIds.join(', ')}` };
  }
  const names = new Set(present.flatMap(namesOf));
  const hostnames = input.hostnames.filter((hostname) => !names.has(hostname));
  const make = await hostMaker(rancher, projectId, input);
  await inTurn(hostnames, 'added', context, make);
  return { outcome: 'succeeded', message: `added ${input.hostnames.join(', ')}` };
}

/** Makes or removes one host. */
type Work = (name: string, before: BeforeWrite) => Promise<unknown>;

async function inTurn(names: readonly string[], done: string, context: ActionContext, work: Work): Promise<void> {
  for (const [index, name] of names.entries()) {
    context.signal.throwIfAborted();
    try {
      await work(name, () => context.beforeWrite(`${done === 'added' ? 'add' : 'remove'} host ${name}`));
    } catch (thrown) {
      if (index === 0 || !(thrown instanceof ServiceError)) throw thrown;
      const before = `${index} of ${names.length} hosts ${done} before: ${names.slice(0, index).join(', ')}`;
      const { code, status, retryable, retryAfterSeconds } = thrown;
      const again = { retryable, ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }) };
      throw new ServiceError(code, `${thrown.message} (${before})`, { status, cause: thrown, ...again });
    }
    context.progress(`${done} host ${name}`);
  }
}

type MakeInput = Exclude<ScaleHostInput, { kind: 'delete' }>;

async function hostMaker(rancher: Rancher, projectId: string, input: MakeInput): Promise<Work> {
  if (input.kind === 'template') {
    const { hostTemplateId } = input;
    const project = rancher.project(projectId);
    return (hostname, before) =>
      orServiceError(project.create('host', { hostTemplateId, hostname }, before), () => 'Cannot create host');
  }
  const project = rancher.project(input.accountId);
  const base = await readBase(project, input.hostId);
  return (hostname, before) => cloneHost(project, base, hostname, before);
}

async function readBase(project: RancherProject, id: string): Promise<RancherResource> {
  try {
    const base = await project.get('host', id);
    if (base !== undefined && !base.removed) return base;
  } catch (thrown) {
    throw toServiceError(thrown, (apiError) => `Error ${statusText(thrown) ?? apiError} in http.Get of host`);
  }
  throw new ServiceError('Upstream', 'Error 404 Not Found in http.Get of host');
}

async function cloneHost(project: RancherProject, base: RancherResource, hostname: string, before: BeforeWrite): Promise<void> {
  try {
    await project.create('host', { ...base, name: '', hostname }, before);
  } catch (thrown) {
    const status = statusText(thrown);
    const describe = (apiError: string): string =>
      status === undefined ? `Error creating host: ${apiError}` : `Error ${status} in http.Post while creating host`;
    throw toServiceError(thrown, describe, { passStatus: true });
  }
}

function removeHost(project: RancherProject, hostId: string, byTemplate: boolean, before: BeforeWrite): Promise<unknown> {
  const event = project.create('externalHostEvent', { deleteHost: true, eventType: 'host.evacuate', hostId }, before);
  return orServiceError(event, (apiError) =>
    byTemplate ? 'Cannot delete host' : `Error ${apiError} in deleting host ${hostId}`,
  );
}

/** `422 Unprocessable Entity`, as Go shows the status of an answer. */
function statusText(thrown: unknown): string | undefined {
  if (!(thrown instanceof RancherError) || thrown.status === undefined) return undefined;
  return `${thrown.status} ${STATUS_CODES[thrown.status] ?? ''}`.trim();
}
