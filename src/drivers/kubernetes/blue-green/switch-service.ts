import { ServiceError } from '../../../framework/errors.ts';
import type { Service } from '../cluster/kubernetes-objects.ts';
import { type BlueGreenRun, tries } from './blue-green-run.ts';
import { type Labels, serviceFits } from './label-selectors.ts';

export interface ServiceSwitch {
  /** The names of the Deployments. */
  readonly from: string;
  readonly to: string;
  /** The labels of their pods. */
  readonly fromLabels: Labels;
  readonly toLabels: Labels;
  /** The one value of the Service's selector that changes. */
  readonly label: string;
  readonly value: string;
}

/**
 * Has the Service select the pods of another Deployment. Nothing else of it changes, and nothing at all where it does not select
 * what it is to leave.
 * @returns why it was not switched; undefined where it is.
 */
export async function switchService(blueGreen: BlueGreenRun, way: ServiceSwitch): Promise<string | undefined> {
  const { run, plan } = blueGreen;
  for (let attempt = 1; attempt <= tries; attempt += 1) {
    const service = await run.cluster.get('service', run.update.namespace, plan.service, run.context.signal);
    if (service === undefined) return `Service ${plan.service} was deleted`;
    if (isBehind(service, way.toLabels, way.fromLabels)) return undefined;
    if (!isBehind(service, way.fromLabels, way.toLabels))
      return `Service ${plan.service} does not select the pods of ${way.from} any more`;
    const spec = { selector: { [way.label]: way.value } };
    const outcome = await blueGreen.patch('service', service, { spec }, `switch Service ${plan.service} to ${way.to}`);
    if (outcome.kind !== 'patched') continue;
    run.context.progress(`switched Service ${plan.service} from ${way.from} to ${way.to}`);
    return undefined;
  }
  throw new ServiceError(
    'Conflict',
    `service "${plan.service}" was changed by others during each of ${tries} tries to switch it`,
  );
}

function isBehind(service: Service, labels: Labels, others: Labels): boolean {
  return serviceFits(service, labels) && !serviceFits(service, others);
}
