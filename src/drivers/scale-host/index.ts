import { acceptAlert } from '../../framework/accept-alert.ts';
import type { Driver } from '../../framework/driver.ts';
import type { Rancher } from '../../rancher/rancher.ts';
import { definition } from './definition.ts';
import { execute } from './execute.ts';
import { plan } from './plan.ts';
import { validate } from './validate.ts';

/** Adds hosts to a group of hosts of a Rancher project, or removes some, by a fixed amount within limits. */
export function scaleHost({ rancher }: { readonly rancher: Rancher }): Driver {
  return {
    definition,
    validate: (config, projectId) => validate(rancher, config, projectId),
    accept: acceptAlert,
    // New names have to differ from those of all other groups too.
    exclusive: (_config, projectId) => `rancher/${projectId}/hosts`,
    plan: (delivery, config) => plan(rancher, delivery, config),
    execute: (action, context) => execute(rancher, action, context),
  };
}
