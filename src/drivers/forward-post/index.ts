import type { Driver } from '../../framework/driver.ts';
import type { Rancher } from '../../rancher/rancher.ts';
import { definition, type ForwardPostMode } from './definition.ts';
import { execute } from './execute.ts';
import { plan } from './plan.ts';
import { validate } from './validate.ts';

export interface ForwardPostOptions {
  readonly rancher: Rancher;
  readonly forwardPost: ForwardPostMode;
}

/** Hands the POST on to a container of the receiver's own project, without the credentials of anyone. */
export function forwardPost({ rancher, forwardPost: mode }: ForwardPostOptions): Driver {
  return {
    definition,
    validate: async (config, projectId) => validate(config, projectId),
    accept: () => ({ kind: 'accepted', events: [] }),
    plan: async (delivery, config) => plan(delivery, config),
    execute: (action, context) => execute(rancher, mode, action, context),
  };
}
