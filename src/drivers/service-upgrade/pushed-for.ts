import { tryParseImageReference } from '../../framework/image-reference.ts';
import type { ImageEvent } from '../../framework/payload-format.ts';
import type { RancherResource } from '../../rancher/rancher.ts';
import type { ConfigChoice } from './definition.ts';
import { secondaryConfigs } from './matching-configs.ts';

/** Which image goes into which launch configs of a service. */
export interface PushedFor {
  readonly image: string;
  readonly choice: ConfigChoice;
}

/**
 * The image for the chosen launch configs: the last that was pushed, whatever they run, as in the Go service. Where one body
 * tells of several repositories, it is the last one that is of a repository that they run, and goes where that runs.
 * Undefined where none of these is of such a repository.
 */
export function pushedFor(service: RancherResource, choice: ConfigChoice, events: readonly ImageEvent[]): PushedFor | undefined {
  const last = events.at(-1);
  if (last === undefined) return undefined;
  if (new Set(events.map(repositoryOf)).size === 1) return { image: last.image, choice };
  const secondary = secondaryConfigs(service);
  const running = (event: ImageEvent): ConfigChoice => ({
    primary: choice.primary && runs(service['launchConfig'], event),
    sidekicks: choice.sidekicks.filter((name) =>
      runs(
        secondary.find((config) => config['name'] === name),
        event,
      ),
    ),
  });
  const event = events.findLast((each) => running(each).primary || running(each).sidekicks.length > 0);
  return event && { image: event.image, choice: running(event) };
}

function repositoryOf({ image }: ImageEvent): string {
  return tryParseImageReference(image)?.name ?? image;
}

function runs(launchConfig: unknown, event: ImageEvent): boolean {
  const uuid: unknown = (launchConfig as Record<string, unknown> | null | undefined)?.['imageUuid'];
  const running = typeof uuid === 'string' ? tryParseImageReference(uuid.replace(/^docker:/, '')) : undefined;
  return running !== undefined && running.name === repositoryOf(event);
}
