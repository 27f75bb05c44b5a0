import type { Dispatcher } from 'undici';
import type { ApiAnswer } from './kubernetes-api.ts';

/** One HTTP request, whole: credentials are among its headers, and its connections trust whom they are to trust. */
export interface HttpCall {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  readonly signal: AbortSignal;
  readonly dispatcher?: Dispatcher | undefined;
}

/**
 * Sends it to the address that it names and to no other. The package's own way follows redirects, with the credentials on the
 * same server: behind Rancher's proxy the API server belongs to a project, and it could have anything in Rancher done by our
 * key, which is every project's.
 */
export async function sendCall({ method, url, headers, body, signal, dispatcher }: HttpCall): Promise<ApiAnswer> {
  // Comes with the Kubernetes client, and like it only when a cluster is first wanted.
  const { request } = await import('undici');
  const answer = await request(url, {
    method,
    headers: { ...headers },
    signal,
    ...(body !== undefined && { body }),
    ...(dispatcher && { dispatcher }),
  });
  return { status: answer.statusCode, headers: flattened(answer.headers), chunks: () => answer.body };
}

function flattened(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value ?? ''].flat().join(', ')]));
}
