import type { DeliveryObserver } from '../framework/deliveries/delivery-observer.ts';
import type { Delivery } from '../framework/driver.ts';
import type { Log } from '../framework/log.ts';

/** Writes what becomes of each delivery to the log. */
export function deliveryLog(log: Log): DeliveryObserver {
  const of = ({ id, projectId, receiver }: Delivery): Record<string, string> => ({
    delivery: id,
    projectId,
    receiver: receiver.name,
  });
  return {
    ignored: (delivery, reason) => log.info('delivery ignored', { ...of(delivery), reason }),
    planned: (delivery, { actions, skipped }) => {
      log.info('delivery planned', {
        ...of(delivery),
        actions: actions.map((action) => action.description),
        skipped: skipped ?? [],
      });
    },
    progress: (delivery, { target }, message) => log.info('action progress', { ...of(delivery), target, progress: message }),
    ended: (delivery, { target }, result) => {
      const level = result.outcome === 'succeeded' || result.outcome === 'superseded' ? 'info' : 'warn';
      log[level]('action ended', { ...of(delivery), target, outcome: result.outcome, result: result.message });
    },
    rejected: (delivery, reason) => log.info('delivery rejected', { ...of(delivery), reason }),
    postponed: (delivery, action, message, readyAt, { cause }) => {
      const again = new Date(readyAt).toISOString();
      log.warn('attempt failed', { ...of(delivery), target: action?.target, reason: message, again, cause });
    },
    paused: (delivery, { target }, { message, until, awaits }) => {
      const again = new Date(until).toISOString();
      log.info('action waits', { ...of(delivery), target, reason: message, awaits, again });
    },
    failed: (delivery, error) => log.warn('delivery failed', { ...of(delivery), error }),
  };
}
