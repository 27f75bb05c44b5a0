import { type ApiVersion, nameOf } from './api-versions.ts';
import type { ResourceType } from './resource-types.ts';

/**
 * The little of /openapi/v3 that kubectl looks for before it leaves validation to the server: which kinds take
 * `fieldValidation`. Schemas there are none. @returns undefined for any other path.
 */
export function openApi(path: string, served: readonly ApiVersion[]): unknown {
  if (path === '/openapi/v3')
    return {
      paths: Object.fromEntries(served.map((each) => [rootOf(each), { serverRelativeURL: `/openapi/v3/${rootOf(each)}` }])),
    };
  const root = path.replace(/^\/openapi\/v3\//, '');
  const found = served.find((each) => rootOf(each) === root);
  if (!found) return undefined;
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: 'v1.34.4' },
    paths: Object.fromEntries(
      found.types.map((type) => [
        `/${root}/${type.namespaced ? 'namespaces/{namespace}/' : ''}${type.resource}/{name}`,
        patchOf(found, type),
      ]),
    ),
  };
}

function rootOf(version: ApiVersion): string {
  return `${version.group === '' ? 'api' : 'apis'}/${nameOf(version)}`;
}

function patchOf({ group, version }: ApiVersion, { kind }: ResourceType): Record<string, unknown> {
  const parameters = ['dryRun', 'fieldManager', 'fieldValidation', 'force'].map((name) => ({
    name,
    in: 'query',
    schema: { type: 'string' },
  }));
  const patch = {
    'x-kubernetes-action': 'patch',
    'x-kubernetes-group-version-kind': { group, version, kind },
    parameters,
    responses: { 200: { description: 'OK' } },
  };
  return { patch };
}
