import { isJsonObject, type JsonObject } from '../framework/json.ts';
import { type NewReceiver, type Receiver, receiverKind, type ReceiverStore } from '../framework/receiver.ts';
import type { Rancher, RancherResource } from '../rancher/rancher.ts';

/** What a change of a receiver through this process means for whoever remembers receivers. */
export interface ReceiverChanges {
  confirmed(receiver: Receiver): void;
  removed(receiver: Receiver): void;
}

/** Receivers as genericObjects, shaped exactly as the Go service writes them. */
export class RancherReceiverStore implements ReceiverStore {
  readonly #rancher: Rancher;
  readonly #changes: ReceiverChanges;

  constructor(rancher: Rancher, changes: ReceiverChanges) {
    this.#rancher = rancher;
    this.#changes = changes;
  }

  async list(projectId: string): Promise<Receiver[]> {
    const found = await this.#rancher.project(projectId).list('genericObject', { kind: receiverKind });
    return found.filter(isReceiver).map((resource) => toReceiver(projectId, resource));
  }

  async get(projectId: string, id: string): Promise<Receiver | undefined> {
    const found = await this.#rancher.project(projectId).get('genericObject', id);
    return found && isReceiver(found) ? toReceiver(projectId, found) : undefined;
  }

  async nameTaken(projectId: string, name: string): Promise<boolean> {
    return (await this.#rancher.project(projectId).list('genericObject', { name })).length > 0;
  }

  async create(projectId: string, { name, key, data }: NewReceiver): Promise<Receiver> {
    const body = { key, kind: receiverKind, name, resourceData: data };
    const receiver = toReceiver(projectId, await this.#rancher.project(projectId).create('genericObject', body));
    this.#changes.confirmed(receiver);
    return receiver;
  }

  async replaceData(receiver: Receiver, data: JsonObject): Promise<Receiver> {
    const resource = await this.#rancher.project(receiver.projectId).update('genericObject', receiver.id, { resourceData: data });
    const changed = toReceiver(receiver.projectId, resource);
    this.#changes.confirmed(changed);
    return changed;
  }

  async remove(receiver: Receiver): Promise<void> {
    await this.#rancher.project(receiver.projectId).remove('genericObject', receiver.id);
    this.#changes.removed(receiver);
  }
}

/** Objects without a kind do not come from Cattle; the recorded contract has none of another. */
export function isReceiver(resource: RancherResource): boolean {
  const kind = resource['kind'];
  return kind === undefined || kind === null || kind === receiverKind;
}

export function toReceiver(projectId: string, resource: RancherResource): Receiver {
  const data = isJsonObject(resource['resourceData']) ? resource['resourceData'] : {};
  return {
    id: resource.id,
    projectId,
    key: text(resource['key']),
    name: text(resource['name']),
    state: text(resource.state),
    removed: Boolean(resource.removed),
    driver: data['driver'],
    config: data['config'],
    url: data['url'],
    paused: data['paused'] === true,
    replacedBy: typeof data['replacedBy'] === 'string' ? data['replacedBy'] : undefined,
    expiresAt: isTime(data['expiresAt']) ? data['expiresAt'] : undefined,
    data,
  };
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** Whatever stands there was written by a member of the project: a number that no Date takes is none of ours. */
function isTime(value: unknown): value is number {
  return typeof value === 'number' && !Number.isNaN(new Date(value).getTime());
}
