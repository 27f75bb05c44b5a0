import { asNumber, asString, asStrings, type JsonObject } from '../../shared/json-value.ts';
import type { ApiContext, ApiRequest } from '../http/api-request.ts';
import type { Row } from '../store/row.ts';

/** Address and token of a connection to a container or host. Only `proxy` leads anywhere: to the service's target. */
export function hostAccess(context: ApiContext, row: Row, input: JsonObject, request: ApiRequest): JsonObject {
  const token = context.issueProxyToken({
    projectId: row.accountId ?? '',
    service: asStrings(row.fields['serviceIds'])[0] ?? asString(row.fields['serviceId']) ?? '',
    port: asNumber(input['port']) ?? 80,
  });
  const isProxy = request.query.get('action') === 'proxy';
  const url = isProxy
    ? `${request.view.versionUrl}/container-proxy`
    : `${request.base.replace(/^http/, 'ws')}/${request.version}/container-access`;
  return { type: 'hostAccess', links: {}, actions: {}, token, url };
}
