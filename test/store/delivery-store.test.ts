import { describeDeliveryStore } from '../contracts/delivery-store.ts';
import { openDirectDeliveryStore } from '../support/direct-delivery-store.ts';

describeDeliveryStore('its operations alone', () => Promise.resolve(openDirectDeliveryStore()));
