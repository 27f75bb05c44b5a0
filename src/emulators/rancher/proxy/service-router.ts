import type { IncomingMessage, ServerResponse } from 'node:http';
import { asObject, asString } from '../../shared/json-value.ts';
import type { ProxyTarget } from '../http/api-request.ts';
import type { ResourceStore } from '../store/resource-store.ts';
import type { Row } from '../store/row.ts';
import { findService } from './find-service.ts';
import { endToEndHeaders, forward } from './forward.ts';

/** Label of a launchConfig that names the address behind a service, `http://127.0.0.1:PORT`. */
export const targetLabel = 'emulator.target';

const methods: ReadonlySet<string> = new Set(['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD']);

/** Leads requests for a service to the address that was set for it. */
export class ServiceRouter {
  readonly #store: ResourceStore;
  readonly #targets = new Map<string, string>();
  readonly #labels: boolean;

  /** @param labels whether services may name their own target with `emulator.target`. */
  constructor(store: ResourceStore, labels: boolean) {
    this.#store = store;
    this.#labels = labels;
  }

  /** @param service id or name. @param url where its requests go; undefined for nowhere. */
  setTarget(service: string, url: string | undefined): void {
    if (url === undefined) this.#targets.delete(service);
    else this.#targets.set(service, url);
  }

  /** Answers 503 `Service unavailable` where there is no target or it does not answer, as websocket-proxy does. */
  async route(incoming: IncomingMessage, outgoing: ServerResponse, target: ProxyTarget, path: string): Promise<void> {
    const service = findService(this.#store, target.projectId, target.service);
    const address = service && this.#targetOf(service);
    const isPossible = address !== undefined && URL.canParse(address) && methods.has(incoming.method ?? '');
    const url = isPossible ? new URL(`http://service${path.startsWith('/') ? path : `/${path}`}`) : undefined;
    if (url && address !== undefined) {
      const base = new URL(address);
      const headers = { ...endToEndHeaders(incoming.headers), host: base.host };
      const whole = new URL(base.pathname.replace(/\/$/, '') + url.pathname + url.search, base);
      if (await forward(incoming, outgoing, { url: whole, method: incoming.method ?? 'GET', headers })) return;
    }
    incoming.resume();
    outgoing.writeHead(503, { 'content-type': 'text/plain; charset=utf-8' }).end('Service unavailable');
  }

  #targetOf(service: Row): string | undefined {
    const set = this.#targets.get(service.id) ?? this.#targets.get(service.name ?? '');
    if (set !== undefined || !this.#labels) return set;
    return asString(asObject(asObject(service.fields['launchConfig'])['labels'])[targetLabel]);
  }
}
