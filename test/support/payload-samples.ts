import fs from 'node:fs';
import path from 'node:path';
import type { JsonObject } from '../../src/framework/json.ts';
import { projectRoot } from './program.ts';

const folder = path.join(projectRoot, 'test/fixtures/payloads');

/** What a sample should give; what is not named does not matter. */
export interface ExpectedPayload {
  readonly outcome: 'deploy' | 'ignore' | 'ping';
  /** Null: the payload does not say. */
  readonly registry?: string | null;
  readonly repository?: string;
  readonly tag?: string;
  /** Instead of `tag`: one event for each. */
  readonly tags?: readonly string[];
  /** Null: none that is valid. */
  readonly digest?: string | null;
}

export interface PayloadSample {
  readonly name: string;
  readonly text: string;
  readonly body: JsonObject;
  /** The headers that a sender adds, lower-case; a sample is recognised without them too. */
  readonly headers: Readonly<Record<string, string>>;
  readonly expected: ExpectedPayload;
}

const headers: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'harbor-v2-cloudevents': { 'content-type': 'application/cloudevents+json' },
  'cloudevents-generic': { 'content-type': 'application/cloudevents+json' },
  'ghcr-package-untagged': { 'x-github-event': 'package' },
  'ghcr-package': { 'x-github-event': 'package_v2' },
  'ghcr-package-kargo-image': { 'x-github-event': 'package' },
  'ghcr-registry_package': { 'x-github-event': 'registry_package' },
  distribution: { 'content-type': 'application/vnd.docker.distribution.events.v2+json' },
  'gitlab-registry': { 'content-type': 'application/vnd.docker.distribution.events.v1+json' },
  'nexus-docker-component': { 'x-nexus-webhook-id': 'rm:repository:component' },
  'nexus-npm-asset': { 'x-nexus-webhook-id': 'rm:repository:asset' },
  'jfrog-artifactory': { 'x-jfrog-event-auth': 'none' },
};

const expectations = JSON.parse(fs.readFileSync(path.join(folder, 'EXPECTED.json'), 'utf8')) as Record<string, ExpectedPayload>;

/** Every body of a registry that is kept in test/fixtures/payloads. */
export const payloadSamples: readonly PayloadSample[] = Object.entries(expectations)
  .filter(([name]) => !name.startsWith('_'))
  .map(([name, expected]) => {
    const text = fs.readFileSync(path.join(folder, `${name}.json`), 'utf8');
    return { name, text, body: JSON.parse(text) as JsonObject, headers: headers[name] ?? {}, expected };
  });

/** What the events of a sample should be, each as far as it is told. */
export function expectedEvents({ expected }: PayloadSample): Record<string, unknown>[] {
  const { outcome, tags, tag, registry, repository, digest } = expected;
  return (tags ?? [tag]).map((each) => ({
    outcome,
    ...(registry !== undefined && { registry }),
    ...(repository !== undefined && { repository }),
    ...(each !== undefined && { tag: each }),
    ...(digest !== undefined && { digest }),
  }));
}
