import type { Delivery, DriverConfig, Plan } from '../../framework/driver.ts';
import { forwardTarget } from './forward-target.ts';
import { validate } from './validate.ts';

/** Works out where the post goes; nothing is asked of Rancher for it. @throws ServiceError */
export function plan(delivery: Delivery, config: DriverConfig): Plan {
  validate(config, delivery.projectId);
  const input = forwardTarget(config, delivery.request.query);
  const place = `${input.service}:${input.port}${input.path}`;
  return {
    actions: [
      {
        // With the delivery in it: a container that hangs on one post must not hold up those that follow.
        target: `rancher/${delivery.projectId}/forward/${input.service}:${input.port}/${delivery.id}`,
        description: `post to ${place}`,
        input: { ...input },
      },
    ],
  };
}
