import { describeDeliveryStore } from '../contracts/delivery-store.ts';
import { openDirectDeliveryStore } from '../support/direct-delivery-store.ts';
import { openTemporaryStore } from '../support/temporary-store.ts';

describeDeliveryStore('its operations alone', () => Promise.resolve(openDirectDeliveryStore()));
describeDeliveryStore('SQLite', () => openTemporaryStore());
