import type { Rancher, RancherProject, RancherResource } from '../../../src/rancher/rancher.ts';

/** Where something happens to a call: before Rancher gets it, or after Rancher did it and before the answer is seen. */
export type Moment = 'before' | 'after';

export interface Cut {
  /** Which call, counted from 0. */
  readonly call: number;
  readonly moment: Moment;
  /** What is thrown in place of an answer. */
  readonly error: Error;
}

/** A Rancher that a process loses in the middle of its work; knows what Rancher was made to do. */
export class CutRancher {
  /** The actions that Rancher did, of all processes. */
  readonly actions: string[] = [];
  /** True once the cut has been made. */
  cut = false;
  readonly #inner: Rancher;

  constructor(inner: Rancher) {
    this.#inner = inner;
  }

  /** As one process sees it. */
  seen(cut?: Cut): Rancher {
    let calls = 0;
    const pass = async <T>(work: () => Promise<T>): Promise<T> => {
      const isCut = cut !== undefined && calls++ === cut.call;
      if (isCut) this.cut = true;
      if (isCut && cut.moment === 'before') throw cut.error;
      const answer = await work();
      if (isCut) throw cut.error;
      return answer;
    };
    const project = (projectId: string): RancherProject => {
      const inner = this.#inner.project(projectId);
      return {
        ...inner,
        projectId,
        list: (type, query) => pass(() => inner.list(type, query)),
        get: (type, id) => pass(() => inner.get(type, id)),
        reload: (resource) => pass(() => inner.reload(resource)),
        async action(resource, name, body, before): Promise<RancherResource> {
          await before?.();
          return pass(async () => {
            const answer = await inner.action(resource, name, body);
            actions.push(name);
            return answer;
          });
        },
      };
    };
    const { actions } = this;
    return { ...this.#inner, project };
  }
}
