import { apiVersionOf, type ResourceType, resourceTypes } from './resource-types.ts';

/**
 * The little of /openapi/v3 that kubectl looks for before it leaves validation to the server: which kinds take
 * `fieldValidation`. Schemas there are none. @returns undefined for any other path.
 */
export function openApi(path: string): unknown {
  if (path === '/openapi/v3') {
    const roots = new Set(resourceTypes.map(rootOf));
    return { paths: Object.fromEntries([...roots].map((root) => [root, { serverRelativeURL: `/openapi/v3/${root}` }])) };
  }
  const root = path.replace(/^\/openapi\/v3\//, '');
  const types = resourceTypes.filter((type) => rootOf(type) === root);
  if (types.length === 0) return undefined;
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: 'v1.34.4' },
    paths: Object.fromEntries(
      types.map((type) => [`/${root}/${type.namespaced ? 'namespaces/{namespace}/' : ''}${type.resource}/{name}`, patchOf(type)]),
    ),
  };
}

function rootOf(type: ResourceType): string {
  return `${type.group === '' ? 'api' : 'apis'}/${apiVersionOf(type)}`;
}

function patchOf({ group, version, kind }: ResourceType): Record<string, unknown> {
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
