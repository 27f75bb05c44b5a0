import { asString } from '../../shared/json-value.ts';
import type { ResourceStore } from '../store/resource-store.ts';
import type { Row } from '../store/row.ts';

/** A project's service by id, by name or by `name.stack`. */
export function findService(store: ResourceStore, projectId: string, name: string): Row | undefined {
  const services = store.where('service', 'accountId', projectId);
  const byId = services.find((service) => service.id === name);
  if (byId) return byId;
  const lower = name.toLowerCase();
  const byName = services.find((service) => service.name?.toLowerCase() === lower);
  if (byName) return byName;
  return services.find((service) => {
    const stack = store.present('stack', asString(service.fields['stackId']));
    return `${service.name}.${stack?.name}`.toLowerCase() === lower;
  });
}
