import type { ActionContext, ActionResult, PlannedAction } from '../../framework/driver.ts';
import { ServiceError } from '../../framework/errors.ts';
import type { ForwardedAnswer, Rancher, RancherResource } from '../../rancher/rancher.ts';
import { orServiceError } from '../../rancher/to-service-error.ts';
import type { ForwardPostInput, ForwardPostMode } from './definition.ts';
import { forwardedHeaders } from './forwarded-headers.ts';

/** Posts once and waits for the answer. @throws ServiceError with the container's status and text where that is 400 or more */
export async function execute(
  rancher: Rancher,
  mode: ForwardPostMode,
  action: PlannedAction,
  context: ActionContext,
): Promise<ActionResult> {
  const input = action.input as unknown as ForwardPostInput;
  const post = sendPost(rancher, mode, input, context);
  const answer = await orServiceError(post, (apiError) => apiError);
  if (answer.status >= 400) throw new ServiceError('Upstream', answer.text, { status: answer.status });
  return { outcome: 'succeeded', message: `${input.service}:${input.port}${input.path} answered ${answer.status}` };
}

async function sendPost(
  rancher: Rancher,
  mode: ForwardPostMode,
  input: ForwardPostInput,
  context: ActionContext,
): Promise<ForwardedAnswer> {
  const { delivery, signal } = context;
  const headers = forwardedHeaders(delivery.request.headers);
  const { body } = delivery.request;
  const project = rancher.project(delivery.projectId);
  const { service, port } = input;
  if (mode === 'proxy' || (await project.canCreate('serviceProxy'))) {
    signal.throwIfAborted();
    // As Rancher's own proxy decides, which is how `kubernetes:6443` comes to be TLS.
    const scheme = String(port).endsWith('443') ? 'https' : 'http';
    const proxy = await project.create('serviceProxy', { service, port, scheme }, () => context.beforeWrite('service proxy'));
    const url = proxyUrl(proxy, input);
    context.progress(`posting to ${service}:${port} through a service proxy`);
    signal.throwIfAborted();
    await context.beforeWrite('post');
    return rancher.forwardWithoutCredentials(url, headers, body);
  }
  signal.throwIfAborted();
  context.progress(`posting to ${service}:${port} through /r/projects`);
  const query = input.query === '' ? '' : `?${input.query}`;
  const path = `/r/projects/${encodeURIComponent(delivery.projectId)}/${service}:${port}${input.path}${query}`;
  await context.beforeWrite('post');
  return rancher.forward(path, headers, body);
}

/** `…/v1/container-proxy` with the path and the one-time token, which is all that the container's host asks for. */
function proxyUrl({ url, token }: RancherResource, { path, query }: ForwardPostInput): string {
  if (typeof url !== 'string' || typeof token !== 'string' || !URL.canParse(url)) {
    throw new ServiceError('Upstream', 'Rancher gave no address of a service proxy');
  }
  const target = new URL(url);
  target.protocol = target.protocol.replace(/^ws/, 'http');
  target.pathname = target.pathname.replace(/\/+$/, '') + path;
  target.search = [`token=${encodeURIComponent(token)}`, query].filter((part) => part !== '').join('&');
  target.hash = '';
  return target.href;
}
