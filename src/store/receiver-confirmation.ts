import { hasEnded, type Receiver } from '../framework/receiver.ts';
export class ReceiverConfirmation {
  readonly #read: (projectId: string, id: string) => Promise<Receiver | undefined>;
  constructor(read: (projectId: string, id: string) => Promise<Receiver | undefined>) {
    this.#read = read;
  }
  get(projectId: string, id: string) {
    return this.#read(projectId, id);
  }
  async confirm(projectId: string, id: string) {
    const receiver = await this.#read(projectId, id);
    if (!receiver || hasEnded(receiver)) return { state: 'removed' as const };
    return { state: receiver.paused ? ('paused' as const) : ('active' as const), receiver };
  }
  confirmed(_receiver: Receiver): void {}
  removed(_receiver: Receiver): void {}
}
