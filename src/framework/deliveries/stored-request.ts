import type { DeliveryRequest } from '../driver.ts';
export function toStoredRequest(request: DeliveryRequest): DeliveryRequest {
  return request;
}
