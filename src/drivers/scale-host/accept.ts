import type { Acceptance, DeliveryRequest, DriverConfig } from '../../framework/driver.ts';
import { parseGoJson } from '../../framework/go-json.ts';
import { isJsonObject } from '../../framework/json.ts';

/** Any body is accepted, unless only firing alerts count and this is Alertmanager's word that one is resolved. */
export function accept(request: DeliveryRequest, config: DriverConfig): Acceptance {
  if (config['onlyFiring'] === true && isResolvedAlert(request.body)) {
    return { kind: 'ignored', reason: 'the alert is resolved, and only firing ones count' };
  }
  return { kind: 'accepted', events: [] };
}

/** @see https://prometheus.io/docs/alerting/latest/configuration/#webhook_config */
function isResolvedAlert(body: Buffer): boolean {
  try {
    const alert = parseGoJson(body);
    return isJsonObject(alert) && alert['version'] === '4' && alert['status'] === 'resolved';
  } catch {
    return false;
  }
}
