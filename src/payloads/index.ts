import type { PayloadFormat } from '../framework/payload-format.ts';
import { createRegistry, type Registry } from '../framework/registry.ts';
import { alicloud } from './alicloud.ts';
import { artifactory } from './artifactory.ts';
import { azure } from './azure.ts';
import { cdevents } from './cdevents.ts';
import { cloudevents } from './cloudevents.ts';
import { custom } from './custom.ts';
import { distribution } from './distribution.ts';
import { dockerhub } from './dockerhub.ts';
import { ecr } from './ecr.ts';
import { gar } from './gar.ts';
import { generic } from './generic.ts';
import { ghcr } from './ghcr.ts';
import { gitea } from './gitea.ts';
import { harbor } from './harbor.ts';
import { mirantis } from './mirantis.ts';
import { nexus } from './nexus.ts';
import { quay } from './quay.ts';
import { recognisedBySender } from './sender.ts';

/** Formats of one sender each. */
const ofSenders = [dockerhub, alicloud, azure, quay, harbor, ghcr, gitea, distribution, gar, ecr, nexus, artifactory, mirantis];

const particular = [...ofSenders, cdevents, cloudevents([harbor, cdevents], ofSenders)];

const all = [...particular, generic(particular), custom];

/** Every payload format, by its id on the wire. At most one of them recognises what a sender sends. */
export const payloadFormats: Registry<PayloadFormat> = createRegistry(
  all.map((format) => recognisedBySender(format, all)),
  (format) => format.id,
);
