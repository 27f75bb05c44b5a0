import { acceptAlert } from '../../framework/accept-alert.ts';
import type { Driver } from '../../framework/driver.ts';
import type { Rancher } from '../../rancher/rancher.ts';
import { definition } from './definition.ts';
import { execute } from './execute.ts';
import { plan, serviceTarget } from './plan.ts';
import { validate } from './validate.ts';

/** Adds containers to a Rancher service, or removes them, by a fixed amount within limits. */
export function scaleService({ rancher }: { readonly rancher: Rancher }): Driver {
  return {
    definition,
    validate: (config, projectId) => validate(rancher, config, projectId),
    accept: acceptAlert,
    exclusive: (config, projectId) => serviceTarget(projectId, config),
    plan: (delivery, config) => plan(rancher, delivery, config),
    execute: (action, context) => execute(rancher, action, context),
  };
}
