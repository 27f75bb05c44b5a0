import type { Acceptance, DeliveryRequest, DriverConfig } from './driver.ts';
import { parseGoJson } from './go-json.ts';
import { isJsonObject } from './json.ts';

/** What the scale drivers accept: any body, unless only firing alerts count and this is Alertmanager's word that one is resolved. */
export function acceptAlert(request: DeliveryRequest, config: DriverConfig): Acceptance {
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
