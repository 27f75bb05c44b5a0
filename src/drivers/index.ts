import type { Driver } from '../framework/driver.ts';
import type { PayloadFormat } from '../framework/payload-format.ts';
import { createRegistry, type Registry } from '../framework/registry.ts';
import type { SenderAuthenticity } from '../framework/sender-authenticity/sender-authenticity.ts';
import type { Rancher } from '../rancher/rancher.ts';
import { forwardPost } from './forward-post/index.ts';
import type { ForwardPostMode } from './forward-post/definition.ts';
import { deploymentUpdate, type DeploymentUpdateOptions } from './kubernetes/index.ts';
import { scaleHost } from './scale-host/index.ts';
import { scaleService } from './scale-service/index.ts';
import { serviceUpgrade } from './service-upgrade/index.ts';

/** What the drivers work with. */
export interface DriverOptions {
  readonly rancher: Rancher;
  readonly formats: Registry<PayloadFormat>;
  readonly forwardPost: ForwardPostMode;
  readonly kubernetes: Omit<DeploymentUpdateOptions, 'formats' | 'senders'>;
  /** Checks what receivers ask of their senders. */
  readonly senders: SenderAuthenticity;
}

/** Every driver there is. A new one is a folder beside the others and a line here. */
export function createDrivers({ rancher, formats, forwardPost: mode, kubernetes, senders }: DriverOptions): Registry<Driver> {
  const drivers = [
    scaleService({ rancher }),
    serviceUpgrade({ rancher, formats, senders }),
    scaleHost({ rancher }),
    forwardPost({ rancher, forwardPost: mode }),
    deploymentUpdate({ formats, senders, ...kubernetes }),
  ];
  return createRegistry(drivers, (driver) => driver.definition.id);
}
