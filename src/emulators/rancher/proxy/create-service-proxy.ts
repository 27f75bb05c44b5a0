import { asNumber, type JsonObject, textOf } from '../../shared/json-value.ts';
import { forbidden, invalid } from '../http/api-error.ts';
import type { ApiContext, ApiRequest } from '../http/api-request.ts';
import { convertInput } from '../resource/convert-input.ts';
import { referenceCheck } from '../resource/visible-rows.ts';
import { typeOf } from '../schema/type-table.ts';
import { findService } from './find-service.ts';

/** Makes an address that leads to a service without credentials, for `POST /serviceproxies`. @throws ApiError 403, 422 */
export function createServiceProxy(context: ApiContext, request: ApiRequest): JsonObject {
  const input = convertInput(typeOf('serviceProxy'), request.body, 'create', referenceCheck(context.store, request.caller));
  const { projectId } = request.caller;
  if (projectId === undefined) throw forbidden();
  const service = findService(context.store, projectId, textOf(input['service']));
  if (!service) throw invalid('InvalidReference', 'service');
  const port = asNumber(input['port']) ?? 80;
  return {
    type: 'serviceProxy',
    links: {},
    actions: {},
    port,
    scheme: input['scheme'] ?? 'http',
    service: input['service'] ?? null,
    token: context.issueProxyToken({ projectId, service: service.id, port }),
    url: `${request.view.versionUrl}/container-proxy`,
  };
}
