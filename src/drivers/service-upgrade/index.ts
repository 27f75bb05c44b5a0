import type { Driver } from '../../framework/driver.ts';
import type { PayloadFormat } from '../../framework/payload-format.ts';
import type { Registry } from '../../framework/registry.ts';
import { SenderAuthenticity } from '../../framework/sender-authenticity/sender-authenticity.ts';
import { Semaphore } from '../../framework/semaphore.ts';
import type { Rancher } from '../../rancher/rancher.ts';
import { accept } from './accept.ts';
import { systemClock, type Clock } from './clock.ts';
import { definitionWith } from './definition.ts';
import { execute } from './execute.ts';
import { plan } from './plan.ts';
import { checkFormat, validate } from './validate.ts';

export interface ServiceUpgradeOptions {
  readonly rancher: Rancher;
  /** Has to have `dockerhub`, which stands in for a format that is unknown. */
  readonly formats: Registry<PayloadFormat>;
  readonly clock?: Clock;
  /** Checks what a receiver asks of its senders; absent: with the issuers of tokens that everybody knows. */
  readonly senders?: Pick<SenderAuthenticity, 'check'>;
}

/** Each plan reads all services of a project: a thousand of them take ten megabytes until it is made. */
const plansAtOnce = 4;

/** Upgrades the services of a Rancher project that have certain labels to an image that was pushed. */
export function serviceUpgrade({
  rancher,
  formats,
  clock = systemClock,
  senders = new SenderAuthenticity(),
}: ServiceUpgradeOptions): Driver {
  const plans = new Semaphore(plansAtOnce);
  return {
    definition: definitionWith(formats),
    async validate(config) {
      validate(config);
      checkFormat(formats, config);
      senders.check(config);
    },
    accept: (request, config) => accept(formats, request, config),
    // The services are told by their labels, and the last push wins.
    anyTag: () => true,
    plan: (delivery, config, signal) => plans.run(signal, () => plan(rancher, delivery, config)),
    execute: (action, context) => execute(rancher, clock, action, context),
  };
}
