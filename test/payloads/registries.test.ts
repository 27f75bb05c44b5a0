import { expect } from 'chai';
import type { JsonObject } from '../../src/framework/json.ts';
import { readPayload } from '../../src/framework/read-payload.ts';
import { payloadFormats } from '../../src/payloads/index.ts';
import { payloadSamples } from '../support/payload-samples.ts';

const digest = `sha256:${'a'.repeat(64)}`;

type Change = readonly [path: string, value: unknown];

/** A sample with other values at dotted paths; undefined takes a part away. */
function changed(name: string, ...changes: readonly Change[]): JsonObject {
  const body = structuredClone(payloadSamples.find((sample) => sample.name === name)?.body ?? {});
  for (const [path, value] of changes) {
    const names = path.split('.');
    const last = names.pop() ?? '';
    const owner = names.reduce<JsonObject>((part, key) => part[key] as JsonObject, body);
    if (value === undefined) delete owner[last];
    else owner[last] = value;
  }
  return body;
}

const base64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64');
const pubsub = (value: unknown): JsonObject => ({ message: { data: base64(value), messageId: '7' }, subscription: 's' });
const sns = (message: unknown): JsonObject => ({
  Type: 'Notification',
  TopicArn: 'arn:aws:sns:us-west-2:1:t',
  Message: typeof message === 'string' ? message : JSON.stringify(message),
});
const ecrPush = changed('ecr-eventbridge', ['detail.image-digest', digest]);
const cloudEvent = (type: string, data: unknown, more: object = {}): JsonObject => ({
  specversion: '1.0',
  id: '1',
  type,
  source: '/ci',
  data,
  ...more,
});

const zot = (type: string, data: object): JsonObject => cloudEvent(`zotregistry.${type}`, data, { source: 'zotregistry.dev' });
const ociManifest = 'application/vnd.oci.image.manifest.v1+json';
const harborPush = (resource: object): JsonObject => ({
  type: 'PUSH_ARTIFACT',
  event_data: { resources: [resource], repository: { repo_full_name: 'acme/web' } },
});

interface Case {
  readonly name: string;
  readonly body: JsonObject;
  readonly headers?: Readonly<Record<string, string>>;
  readonly format: string;
  /** Each event as `registry/repository:tag[@digest]`, `?` standing for a registry that is not said. */
  readonly deploys?: readonly string[];
  /** What the reasons have in them. */
  readonly ignores?: readonly RegExp[];
}

const noTag = /has no tag/;

const cases: readonly Case[] = [
  // Docker Hub
  {
    name: 'Docker Hub, a repository with its namespace apart',
    body: { push_data: { tag: '1' }, repository: { namespace: 'acme', name: 'web' } },
    format: 'dockerhub',
    deploys: ['docker.io/acme/web:1'],
  },
  {
    name: 'Docker Hub, an image by its media type',
    body: changed('dockerhub-helm-chart', ['push_data.media_type', 'application/vnd.docker.container.image.v1+json']),
    format: 'dockerhub',
    deploys: ['docker.io/example/repo:v1.0.0'],
  },
  {
    name: 'Docker Hub without a tag',
    body: changed('dockerhub', ['push_data.tag', undefined]),
    format: 'dockerhub',
    ignores: [noTag],
  },
  {
    name: 'the signature of an image',
    body: changed('dockerhub', ['push_data.tag', `${digest.replace(':', '-')}.sig`]),
    format: 'dockerhub',
    ignores: [/signature/],
  },
  {
    name: 'Docker Hub, a repository by its page',
    body: { push_data: { tag: '1' }, repository: { repo_url: 'https://hub.docker.com/r/acme/web' } },
    format: 'dockerhub',
    deploys: ['docker.io/acme/web:1'],
  },
  {
    name: 'Docker Hub, a repository by its name alone',
    body: { push_data: { tag: '1' }, repository: { name: 'nginx' } },
    format: 'dockerhub',
    deploys: ['docker.io/nginx:1'],
  },
  {
    name: 'Alibaba Cloud, an instance of ones own',
    body: changed('alicloud', ['repository.region', undefined], ['push_data.digest', digest]),
    format: 'alicloud',
    deploys: [`?/namespace/repoTest:latest@${digest}`],
  },
  ...(
    [
      ['alicloud', { push_data: { tag: '1' }, repository: { region: 'cn-hangzhou' } }],
      ['azure', { action: 'push', target: { tag: '1' }, request: { host: 'acme.azurecr.io' } }],
      ['quay', { docker_url: 'quay.io', updated_tags: ['1'] }],
      ['ghcr', { action: 'published', package: { name: 'web', package_type: 'container' } }],
      ['harbor', { type: 'PUSH_ARTIFACT', event_data: { resources: [{ tag: '1' }] } }],
      ['mirantis', { type: 'TAG_PUSH', contents: { tag: '1' } }],
    ] as const
  ).map(([format, body]) => ({
    name: `a push of ${format} that names no repository`,
    body,
    format,
    ignores: [/names no repository/],
  })),
  // Azure
  {
    name: 'Azure without its host',
    body: { action: 'push', target: { repository: 'web', tag: '1' } },
    format: 'azure',
    deploys: ['?/web:1'],
  },
  ...(['delete', 'quarantine', 'chart_push', 'chart_delete'] as const).map((action) => ({
    name: `Azure, ${action}`,
    body: changed('azure-acr', ['action', action]),
    format: 'azure',
    ignores: [/delete|quarantine|chart/],
  })),
  {
    name: 'Azure, a delete without a tag',
    body: changed('azure-acr', ['action', 'delete'], ['target.tag', undefined]),
    format: 'azure',
    ignores: [/deleted/],
  },
  {
    name: 'Azure, a test that has more in it',
    body: { id: '1', action: 'ping', timestamp: '2020-01-01T00:00:00Z', target: {}, location: { x: [] }, tags: [] },
    format: 'azure',
    ignores: [/test/],
  },
  {
    name: 'Azure, an action that is new',
    body: changed('azure-acr', ['action', 'import']),
    format: 'azure',
    ignores: [/action import is not a push/],
  },
  { name: 'Azure, a push by digest', body: changed('azure-acr', ['target.tag', '']), format: 'azure', ignores: [noTag] },
  {
    name: 'Azure, in a CloudEvent of Event Grid',
    body: cloudEvent('Microsoft.ContainerRegistry.ImagePushed', changed('azure-acr')),
    format: 'cloudevents',
    deploys: ['myregistry.azurecr.io/hello-world:v1@sha256:80f0d5c8786bb9e621a45ece0db56d11cdc624ad20da9fe62e9d25490f331d7d'],
  },
  // Quay
  {
    name: 'Quay, two tags in a registry of ones own',
    body: changed('quay', ['docker_url', 'quay.example.com:8443/mynamespace/repository'], ['updated_tags', ['1', '2', 7]]),
    format: 'quay',
    deploys: ['quay.example.com:8443/mynamespace/repository:1', 'quay.example.com:8443/mynamespace/repository:2'],
  },
  { name: 'Quay without tags', body: changed('quay', ['updated_tags', []]), format: 'quay', ignores: [noTag] },
  {
    name: 'Quay, a build',
    body: changed('quay', ['updated_tags', undefined], ['docker_tags', ['latest']], ['build_id', 'b']),
    format: 'quay',
    ignores: [/not of a push/],
  },
  {
    name: 'Quay, which does not say where it is',
    body: { repository: 'acme/web', updated_tags: ['1'] },
    format: 'quay',
    deploys: ['quay.io/acme/web:1'],
  },
  {
    name: 'Quay, a notification of an organization',
    body: { namespace: 'acme', homepage: 'https://quay.example.com/organization/acme', message: 'm' },
    format: 'quay',
    ignores: [/not of a push/],
  },
  // Harbor
  ...[
    'PULL_ARTIFACT',
    'DELETE_ARTIFACT',
    'SCANNING_COMPLETED',
    'QUOTA_EXCEED',
    'REPLICATION',
    'TAG_RETENTION',
    'UPLOAD_CHART',
  ].map((type) => ({
    name: `Harbor, ${type}`,
    body: changed('harbor-v2', ['type', type]),
    format: 'harbor',
    ignores: [/not a push/],
  })),
  {
    name: 'Harbor, a push by digest',
    body: changed('harbor-v2', [
      'event_data.resources',
      [{ digest, tag: digest, resource_url: `hub.harbor.com/test-webhook/debian@${digest}` }],
    ]),
    format: 'harbor',
    ignores: [noTag],
  },
  {
    name: 'Harbor, two artifacts at a port',
    body: changed('harbor-v2', [
      'event_data.resources',
      [
        { digest, tag: '1', resource_url: 'h:8443/p/a:1' },
        { digest, tag: '2', resource_url: 'h:8443/p/b/c:2' },
      ],
    ]),
    format: 'harbor',
    deploys: [`h:8443/p/a:1@${digest}`, `h:8443/p/b/c:2@${digest}`],
  },
  ...['PULL_ARTIFACT', 'SCANNING_FAILED', 'QUOTA_WARNING', 'TAG_RETENTION', 'deleteImage', 'uploadChart'].map((type) => ({
    name: `Harbor, ${type} without data`,
    body: { type },
    format: 'harbor',
    ignores: [/not a push/],
  })),
  {
    name: 'Harbor, an artifact by a URL with its scheme',
    body: harborPush({ tag: '1', resource_url: 'https://harbor.example.com/acme/web:1' }),
    format: 'harbor',
    deploys: ['harbor.example.com/acme/web:1'],
  },
  {
    name: 'Harbor, a host without a dot',
    body: harborPush({ digest, tag: '1', resource_url: 'harbor/acme/web:1' }),
    format: 'harbor',
    deploys: [`harbor/acme/web:1@${digest}`],
  },
  {
    name: 'Harbor at an address of IPv6',
    body: harborPush({ tag: '1', resource_url: '[fd00::1]:8443/acme/web:1' }),
    format: 'harbor',
    deploys: ['[fd00::1]:8443/acme/web:1'],
  },
  {
    name: 'Harbor, a URL without a host',
    body: harborPush({ tag: '1', resource_url: 'acme/web' }),
    format: 'harbor',
    deploys: ['?/acme/web:1'],
  },
  {
    name: 'Harbor, a tag that its URL has otherwise',
    body: harborPush({ tag: 'latest', resource_url: 'harbor.example.com/acme/web:1.2.3' }),
    format: 'harbor',
    deploys: ['harbor.example.com/acme/web:1.2.3'],
  },
  {
    name: 'Harbor, a repository by its parts alone',
    body: { type: 'PUSH_ARTIFACT', event_data: { resources: [{ tag: '1' }], repository: { namespace: 'acme', name: 'web' } } },
    format: 'harbor',
    deploys: ['?/acme/web:1'],
  },
  {
    name: 'Harbor 1.9 as it was documented',
    body: { event_type: 'pushImage', events: [{ project: 'acme', repo_name: 'web', tag: '1', full_name: 'acme/web' }] },
    format: 'harbor',
    deploys: ['?/acme/web:1'],
  },
  {
    name: 'Harbor 1.9 as it was documented, a deletion',
    body: { event_type: 'deleteImage', events: [{ project: 'acme', repo_name: 'web', tag: '1' }] },
    format: 'harbor',
    ignores: [/deleteImage is not a push/],
  },
  {
    name: 'Harbor in CloudEvents, a pull',
    body: changed('harbor-v2-cloudevents', ['type', 'harbor.artifact.pulled']),
    format: 'harbor',
    ignores: [/not a push/],
  },
  {
    name: 'Harbor in CloudEvents, binary',
    body: changed('harbor-v2-cloudevents')['data'] as JsonObject,
    headers: { 'ce-specversion': '1.0', 'ce-type': 'harbor.artifact.pushed', 'ce-source': '/p', 'ce-id': '1' },
    format: 'harbor',
    deploys: ['harbor.dev/library/busybox:1.36@sha256:dde8e930c7b6a490f728e66292bc9bce42efc9bbb5278bae40e4f30f6e00fe8c'],
  },
  // GitHub
  {
    name: 'GitHub, a test',
    body: { zen: 'Keep it logically awesome.', hook_id: 1, hook: {} },
    headers: { 'x-github-event': 'ping' },
    format: 'ghcr',
    ignores: [/test/],
  },
  {
    name: 'GitHub, a push of commits',
    body: { ref: 'refs/heads/main', repository: { full_name: 'a/b' } },
    headers: { 'x-github-event': 'push' },
    format: 'ghcr',
    ignores: [/event push is not that of a package/],
  },
  {
    name: 'GitHub, a chart',
    body: changed('ghcr-package-kargo-image', [
      'package.package_version.container_metadata.manifest.config.media_type',
      'application/vnd.cncf.helm.config.v1+json',
    ]),
    format: 'ghcr',
    ignores: [/Helm chart/],
  },
  {
    name: 'GitHub, a package of npm',
    body: { action: 'published', package: { package_type: 'NPM', name: 'a', package_version: { version: '1.0.0' } } },
    format: 'ghcr',
    ignores: [/NPM/],
  },
  { name: 'GitHub, a deletion', body: changed('ghcr-package', ['action', 'deleted']), format: 'ghcr', ignores: [/deleted/] },
  {
    name: 'GitHub, a package of npm in the ecosystem docker',
    body: {
      action: 'published',
      package: {
        package_type: 'npm',
        ecosystem: 'docker',
        name: 'a',
        package_version: { version: '1.0.0', container_metadata: null },
      },
    },
    format: 'ghcr',
    ignores: [/type npm/],
  },
  {
    name: 'GitHub, a star, by its body alone',
    body: { action: 'created', starred_at: 'x', repository: { full_name: 'a/b' }, sender: { login: 'a', node_id: 'MDQ6' } },
    format: 'ghcr',
    ignores: [/not that of a package/],
  },
  {
    name: 'GitHub, a package event without its package',
    body: { action: 'published' },
    headers: { 'x-github-event': 'package' },
    format: 'ghcr',
    ignores: [/event package names no package/],
  },
  {
    name: 'an image of a CI job that says who caused it',
    body: { image: 'acme/web:1', sender: { login: 'a', node_id: 'MDQ6' } },
    format: 'generic',
    deploys: ['docker.io/acme/web:1'],
  },
  {
    name: 'GitHub, an owner in capitals',
    body: changed('ghcr-package', ['package.namespace', 'UtaiteBOX']),
    format: 'ghcr',
    deploys: ['ghcr.io/utaitebox/utaitebox-server:3.2.1@sha256:7d3848ba2f2e7f69bebb4b576e5fad0379b64a0b1512aee6ad0ec9e7c6319fed'],
  },
  // distribution
  {
    name: 'a registry, images under two tags and by digest',
    body: {
      events: ['a', 'b', undefined].map((tag) => ({
        action: 'push',
        target: { mediaType: 'application/vnd.oci.image.index.v1+json', repository: 'r', digest, ...(tag && { tag }) },
        request: { host: 'localhost:5000' },
      })),
    },
    format: 'distribution',
    deploys: [`localhost:5000/r:a@${digest}`, `localhost:5000/r:b@${digest}`],
    ignores: [noTag],
  },
  ...(
    [
      ['application/octet-stream', '1', []],
      ['application/octet-stream', '', [/a layer/]],
      ['application/vnd.docker.distribution.manifest.v1+prettyjws', '1', []],
      ['application/vnd.oci.artifact.manifest.v1+json', '1', [/an artifact of type/]],
    ] as const
  ).map(([mediaType, tag, ignores]) => ({
    name: `a registry, ${mediaType} with the tag "${tag}"`,
    body: { events: [{ action: 'push', target: { mediaType, repository: 'r', tag }, request: { host: 'registry:5000' } }] },
    format: 'distribution',
    deploys: ignores.length === 0 ? ['registry:5000/r:1'] : [],
    ignores,
  })),
  {
    name: 'a registry, which fetched by itself',
    body: {
      events: [{ action: 'push', target: { repository: 'r', tag: '1', url: 'https://cache.local:5000/v2/r/manifests/x' } }],
    },
    format: 'distribution',
    deploys: ['cache.local:5000/r:1'],
  },
  {
    name: 'a registry, a delete, a mount and nonsense',
    body: {
      events: [{ action: 'delete', target: { repository: 'r' } }, { action: 'mount', target: { repository: 'r' } }, 7, null],
    },
    format: 'distribution',
    ignores: [/deleted/, /mounted/, /names no repository/],
  },
  {
    name: 'a registry without events',
    body: { events: [] },
    headers: { 'content-type': 'application/vnd.docker.distribution.events.v2+json' },
    format: 'distribution',
    ignores: [/no events/],
  },
  {
    name: 'a registry, a chart whose parts it lists',
    body: {
      events: [
        {
          action: 'push',
          target: {
            mediaType: 'application/vnd.oci.image.manifest.v1+json',
            repository: 'r',
            tag: '1',
            references: [{ mediaType: 'application/vnd.cncf.helm.config.v1+json' }],
          },
        },
      ],
    },
    format: 'distribution',
    ignores: [/Helm chart/],
  },
  // Google
  { name: 'Google, a deletion', body: pubsub({ action: 'DELETE', tag: 'gcr.io/p/i:1' }), format: 'gar', ignores: [/deleted/] },
  {
    name: 'Google, by digest',
    body: pubsub({ action: 'INSERT', digest: `gcr.io/p/i@${digest}` }),
    format: 'gar',
    ignores: [noTag],
  },
  {
    name: 'Google, another topic',
    body: pubsub({ status: 'SUCCESS' }),
    format: 'gar',
    ignores: [/not one of Artifact Registry/],
  },
  {
    name: 'Google, a message that is no JSON',
    body: { message: { data: 'AAAA' }, subscription: 's' },
    format: 'gar',
    ignores: [/no JSON object in Base64/],
  },
  {
    name: 'Google, unwrapped, another topic',
    body: { status: 'SUCCESS' },
    headers: { 'x-goog-pubsub-subscription-name': 's' },
    format: 'gar',
    ignores: [/not one of Artifact Registry/],
  },
  {
    name: 'an image of a CI job through Pub/Sub, unwrapped',
    body: { image: 'acme/web:1' },
    headers: { 'x-goog-pubsub-subscription-name': 's' },
    format: 'generic',
    deploys: ['docker.io/acme/web:1'],
  },
  {
    name: 'Google, unwrapped',
    body: { action: 'INSERT', digest: `gcr.io/p/i@${digest}`, tag: 'gcr.io/p/i:1' },
    headers: { 'x-goog-pubsub-message-id': '7' },
    format: 'gar',
    deploys: [`gcr.io/p/i:1@${digest}`],
  },
  // Amazon
  {
    name: 'Amazon in China, through SNS',
    body: sns({ ...ecrPush, region: 'cn-north-1' }),
    format: 'ecr',
    deploys: [`123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/my-repository-name:latest@${digest}`],
  },
  {
    name: 'Amazon, a subscription',
    body: { ...sns(''), Type: 'SubscriptionConfirmation', SubscribeURL: 'https://sns.example/x' },
    format: 'ecr',
    ignores: [/SubscribeURL/],
  },
  { name: 'Amazon, a message of SNS that is no JSON', body: sns('hello'), format: 'ecr', ignores: [/no JSON object/] },
  {
    name: 'an image that EventBridge wrote as it was told to, through SNS as it is',
    body: { image: 'acme/web:1' },
    headers: { 'x-amz-sns-message-type': 'Notification', 'x-amz-sns-rawdelivery': 'true' },
    format: 'generic',
    deploys: ['docker.io/acme/web:1'],
  },
  {
    name: 'Amazon, an event of another service',
    body: { ...ecrPush, source: 'aws.inspector2', 'detail-type': 'Inspector2 Scan' },
    format: 'ecr',
    ignores: [/not one of Amazon ECR/],
  },
  ...['ECR Pull Through Cache Action', 'ECR Replication Action', 'ECR Referrer Action', 'AWS API Call via CloudTrail'].map(
    (type) => ({
      name: `Amazon, ${type}`,
      body: { ...ecrPush, 'detail-type': type },
      format: 'ecr',
      ignores: [/is not a push/],
    }),
  ),
  {
    name: 'Amazon, a failure',
    body: changed('ecr-eventbridge', ['detail.result', 'FAILURE']),
    format: 'ecr',
    ignores: [/FAILURE/],
  },
  {
    name: 'Amazon, a deletion',
    body: changed('ecr-eventbridge', ['detail.action-type', 'DELETE']),
    format: 'ecr',
    ignores: [/deleted/],
  },
  {
    name: 'Amazon, a scan',
    body: changed('ecr-eventbridge', ['detail-type', 'ECR Image Scan']),
    format: 'ecr',
    ignores: [/Scan/],
  },
  {
    name: 'Amazon, a chart',
    body: changed('ecr-eventbridge', ['detail.artifact-media-type', 'application/vnd.cncf.helm.config.v1+json']),
    format: 'ecr',
    ignores: [/Helm chart/],
  },
  {
    name: 'Amazon, no account',
    body: changed('ecr-eventbridge', ['account', undefined]),
    format: 'ecr',
    deploys: ['?/my-repository-name:latest'],
  },
  {
    name: 'Amazon, as a CloudEvent',
    body: cloudEvent(
      'com.amazon.ecr.image.push',
      { repositoryName: 'app', imageTag: '1', imageDigest: digest },
      { source: 'urn:aws:ecr:us-east-1:123456789012:repository/app' },
    ),
    format: 'cloudevents',
    deploys: [`123456789012.dkr.ecr.us-east-1.amazonaws.com/app:1@${digest}`],
  },
  // Nexus and Artifactory
  {
    name: 'Nexus, an update',
    body: changed('nexus-docker-component', ['action', 'UPDATED']),
    format: 'nexus',
    deploys: ['?/app1/alpine:3.4'],
  },
  {
    name: 'Nexus, a deletion',
    body: changed('nexus-docker-component', ['action', 'DELETED']),
    format: 'nexus',
    ignores: [/deleted/],
  },
  { name: 'Nexus, an asset', body: changed('nexus-npm-asset', ['asset.format', 'docker']), format: 'nexus', ignores: [/asset/] },
  {
    name: 'Nexus, an audit',
    body: { nodeId: 'n', audit: {} },
    headers: { 'x-nexus-webhook-id': 'rm:global:audit' },
    format: 'nexus',
    ignores: [/audit/],
  },
  {
    name: 'Nexus, an audit, by its body alone',
    body: { nodeId: 'n', initiator: 'a', audit: { domain: 'security.user' } },
    format: 'nexus',
    ignores: [/audit/],
  },
  {
    name: 'Nexus, a repository, by its body alone',
    body: { nodeId: 'n', initiator: 'a', action: 'CREATED', repository: { format: 'docker', name: 'x' } },
    format: 'nexus',
    ignores: [/event repository/],
  },
  {
    name: 'Artifactory, a name of which only the path has all',
    body: changed('jfrog-artifactory', ['data.path', 'acme/team/web/1.2/manifest.json'], ['data.image_name', 'web']),
    format: 'artifactory',
    deploys: [
      'example.jfrog.io/docker-remote-cache/acme/team/web:latest@sha256:35c4a2c15539c6c1e4e5fa4e554dac323ad0107d8eb5c582d6ff386b383b7dce',
    ],
  },
  {
    name: 'Artifactory, an event of Distribution',
    body: { domain: 'distribution', event_type: 'distribute_started', jpd_origin: 'https://a.example.com' },
    format: 'artifactory',
    ignores: [/distribute_started is one of distribution/],
  },
  {
    name: 'Artifactory, a custom payload that names an image',
    body: { image: 'acme/web:1' },
    headers: { 'x-jfrog-event-auth': 'secret' },
    format: 'generic',
    deploys: ['docker.io/acme/web:1'],
  },
  {
    name: 'Artifactory, a custom payload that does not',
    body: { text: 'pushed' },
    headers: { 'x-jfrog-event-auth': 'secret' },
    format: 'artifactory',
    ignores: [/custom payloads need paths/],
  },
  {
    name: 'Artifactory, a deletion',
    body: changed('jfrog-artifactory', ['event_type', 'deleted']),
    format: 'artifactory',
    ignores: [/deleted/],
  },
  {
    name: 'Artifactory, an artifact',
    body: changed('jfrog-artifactory', ['domain', 'artifact'], ['event_type', 'deployed']),
    format: 'artifactory',
    ignores: [/artifact/],
  },
  {
    name: 'Artifactory, a chart',
    body: changed('jfrog-artifactory', ['data.image_type', 'oci'], ['data.platforms', []]),
    format: 'artifactory',
    ignores: [/Helm chart/],
  },
  // CDEvents and CloudEvents
  {
    name: 'CDEvents in a CloudEvent',
    body: cloudEvent('dev.cdevents.artifact.published.0.1.1', changed('cdevents-artifact-published-oci')),
    format: 'cdevents',
    deploys: ['mycr.io/myapp:1.2.3@sha256:0b31b1c02ff458ad9b7b81cbdf8f028bd54699fa151f221d1e8de6817db93427'],
  },
  {
    name: 'CDEvents in binary mode, with a package URL of Docker',
    body: { subject: { id: 'pkg:docker/acme/web@1.2?repository_url=gcr.io' } },
    headers: { 'ce-type': 'dev.cdevents.artifact.published.0.2.0', 'ce-specversion': '1.0' },
    format: 'cdevents',
    deploys: ['gcr.io/acme/web:1.2'],
  },
  {
    name: 'CDEvents, a library',
    body: changed('cdevents-artifact-published-oci', ['subject.id', 'pkg:golang/mygit.com/myorg/myapp@234fd47e07d1004f0aed9c']),
    format: 'cdevents',
    ignores: [/not an image/],
  },
  {
    name: 'CDEvents, no tag',
    body: changed('cdevents-artifact-published-oci', ['subject.id', `pkg:oci/app@${digest}?repository_url=cr.io/team/app`]),
    format: 'cdevents',
    ignores: [noTag],
  },
  {
    name: 'CDEvents, a build',
    body: changed('cdevents-artifact-published-oci', ['context.type', 'dev.cdevents.build.finished.0.1.1']),
    format: 'cdevents',
    ignores: [/not of a published artifact/],
  },
  {
    name: 'a CloudEvent in binary mode',
    body: { image: 'registry.example.com/acme/web:1' },
    headers: { 'ce-type': 'com.example.image.pushed', 'ce-specversion': '1.0', 'ce-id': '1', 'ce-source': '/ci' },
    format: 'cloudevents',
    deploys: ['registry.example.com/acme/web:1'],
  },
  {
    name: 'a CloudEvent, all of it in its subject',
    body: cloudEvent('com.example.container.push', undefined, {
      subject: 'team/app:v2',
      source: 'https://registry.example.com/events',
    }),
    format: 'cloudevents',
    deploys: ['registry.example.com/team/app:v2'],
  },
  {
    name: 'a CloudEvent of a deletion',
    body: cloudEvent('com.example.container.deleted', { repository: 'a/b', tag: '1' }),
    format: 'cloudevents',
    ignores: [/not a push/],
  },
  {
    name: 'a CloudEvent of a release',
    body: cloudEvent('com.example.release', { repository: 'a/b', tag: '1' }),
    format: 'cloudevents',
    ignores: [/not about images/],
  },
  {
    name: 'CDEvents, an event of a tool',
    body: { context: { type: 'dev.cdeventsx.mytool-resource.created.0.1.0' }, subject: { id: 'a' } },
    format: 'cdevents',
    ignores: [/not of a published artifact/],
  },
  {
    name: 'a CloudEvent of a sender with a telling name',
    body: cloudEvent('com.error-tracker.image.pushed', { image: 'r.example.com/web:1' }),
    format: 'cloudevents',
    deploys: ['r.example.com/web:1'],
  },
  ...['com.example.image.build.started', 'com.example.image.push.failed.v1'].map((type) => ({
    name: `a CloudEvent, ${type}`,
    body: cloudEvent(type, { image: 'r.example.com/web:1' }),
    format: 'cloudevents',
    ignores: [/is not a push/],
  })),
  {
    name: 'a CloudEvent of version 0.3, its data in Base64',
    body: cloudEvent('com.example.image.pushed', base64({ image: 'r.example.com/web:1' }), {
      specversion: '0.3',
      datacontentencoding: 'base64',
    }),
    format: 'cloudevents',
    deploys: ['r.example.com/web:1'],
  },
  {
    name: 'a CloudEvent of version 0.1',
    body: {
      cloudEventsVersion: '0.1',
      eventType: 'com.example.image.pushed',
      eventID: '1',
      eventTime: '2019-08-16T15:09:04Z',
      source: '/ci',
      data: { image: 'r.example.com/web:1' },
    },
    format: 'cloudevents',
    deploys: ['r.example.com/web:1'],
  },
  {
    name: 'a CloudEvent of version 0.1 of Oracle Cloud',
    body: {
      cloudEventsVersion: '0.1',
      eventType: 'com.oraclecloud.artifacts.createrepository',
      eventTime: '2019-08-16T15:09:04Z',
      source: 'RepositoryService',
      data: { resourceName: 'repo1' },
    },
    format: 'cloudevents',
    ignores: [/names no repository/],
  },
  {
    name: 'Zot, an image',
    body: zot('image.updated', { name: 'acme/web', reference: '1', digest, mediaType: ociManifest }),
    format: 'cloudevents',
    deploys: [`?/acme/web:1@${digest}`],
  },
  {
    name: 'Zot, by digest',
    body: zot('image.updated', { name: 'acme/web', reference: digest, digest, mediaType: ociManifest }),
    format: 'cloudevents',
    ignores: [noTag],
  },
  {
    name: 'Zot, a chart, by its manifest',
    body: zot('image.updated', {
      name: 'acme/web',
      reference: '1',
      mediaType: ociManifest,
      manifest: JSON.stringify({ config: { mediaType: 'application/vnd.cncf.helm.config.v1+json' } }),
    }),
    format: 'cloudevents',
    ignores: [/Helm chart/],
  },
  ...['image.deleted', 'image.lint_failed', 'image.scanned'].map((type) => ({
    name: `Zot, ${type}`,
    body: zot(type, { name: 'acme/web', reference: '1' }),
    format: 'cloudevents',
    ignores: [/is not a push/],
  })),
  // Mirantis and CI jobs
  // Mirantis and CI jobs
  {
    name: 'Mirantis',
    body: {
      type: 'TAG_PUSH',
      createdAt: '2019-05-15T19:39:40.607Z',
      contents: { namespace: 'foo', repository: 'bar', tag: 'latest', digest, imageName: 'msr.example.com/foo/bar:latest' },
      location: '/repositories/foo/bar/tags/latest',
    },
    format: 'mirantis',
    deploys: [`msr.example.com/foo/bar:latest@${digest}`],
  },
  {
    name: 'Mirantis without a host',
    body: { type: 'TAG_PUSH', contents: { namespace: 'foo', repository: 'bar', tag: '1' } },
    format: 'mirantis',
    deploys: ['?/foo/bar:1'],
  },
  ...['TAG_DELETE', 'MANIFEST_PUSH', 'SCAN_COMPLETED', 'PROMOTION'].map((type) => ({
    name: `Mirantis, ${type}`,
    body: { type, contents: { namespace: 'foo', repository: 'bar' } },
    format: 'mirantis',
    ignores: [/not the push of a tag/],
  })),
  { name: 'an image', body: { image: `nginx:1.27@${digest}` }, format: 'generic', deploys: [`docker.io/nginx:1.27@${digest}`] },
  {
    name: 'a repository, its tag and its digest',
    body: { repository: 'localhost:5000/web', tag: '1', digest },
    format: 'generic',
    deploys: [`localhost:5000/web:1@${digest}`],
  },
  { name: 'an image without a tag', body: { image: 'acme/web' }, format: 'generic', ignores: [noTag] },
  { name: 'a digest in place of the tag', body: { repository: 'acme/web', tag: digest }, format: 'generic', ignores: [noTag] },
  {
    name: 'a failure of a CI job',
    body: { event: 'build.failed', image: 'acme/web:1' },
    format: 'generic',
    ignores: [/not a push/],
  },
  {
    name: 'a list of tags',
    body: { repository: 'acme/web', tags: ['1', '2', '2', 3, ''], digest },
    format: 'generic',
    deploys: [`docker.io/acme/web:1@${digest}`, `docker.io/acme/web:2@${digest}`],
  },
  {
    name: 'an image as a URL',
    body: { image: 'docker://r.example.com:5000/web:1' },
    format: 'generic',
    deploys: ['r.example.com:5000/web:1'],
  },
  { name: 'a tag without quotes', body: { image: 'acme/web', tag: 1.1 }, format: 'generic', ignores: [/is a number/] },
  {
    name: 'a reference',
    body: { reference: 'r.example.com/acme/web:1' },
    format: 'generic',
    deploys: ['r.example.com/acme/web:1'],
  },
  { name: 'a deletion by a CI job', body: { action: 'delete', image: 'acme/web:1' }, format: 'generic', ignores: [/not a push/] },
];

function reference(event: { registry?: string; repository: string; tag: string; digest?: string }): string {
  return `${event.registry ?? '?'}/${event.repository}:${event.tag}${event.digest === undefined ? '' : `@${event.digest}`}`;
}

describe('what registries send', () => {
  for (const { name, body, headers = {}, format, deploys = [], ignores = [] } of cases) {
    it(`${name}: ${deploys.length > 0 ? 'deploys' : 'is ignored'}`, () => {
      const found = readPayload(payloadFormats, 'auto', body, headers);
      expect(found.format).to.equal(format);
      expect(found.events.map(reference)).to.deep.equal(deploys);
      const reasons = [...new Set(found.ignored.map(({ reason }) => reason))];
      expect(reasons).to.have.length(ignores.length);
      ignores.forEach((pattern, index) => expect(reasons[index]).to.match(pattern));
    });
  }

  const faults: readonly (readonly [name: string, body: JsonObject, text: RegExp])[] = [
    ['a body that two formats may have', { ...changed('quay'), ...changed('harbor-v2') }, /may be of quay and of harbor/],
    ['a body of no format', { hello: 'world' }, /no known format/],
    ['nothing', {}, /no known format/],
  ];
  for (const [name, body, text] of faults) {
    it(`refuses ${name}`, () => {
      expect(() => readPayload(payloadFormats, 'auto', body, {}))
        .to.throw(text)
        .with.property('code', 'InvalidPayload');
    });
  }

  const moments: readonly (readonly [sample: string, pushedAt: number | undefined, eventId: string | undefined])[] = [
    ['dockerhub', 1_417_566_161_000, undefined],
    ['harbor-v2', 1_586_922_308_000, undefined],
    [
      'harbor-v2-cloudevents',
      Date.UTC(2023, 2, 6, 6, 8, 43),
      '/projects/1/webhook/policies/3 4b2f89a6-548d-4c12-9993-a1f5790b97d2',
    ],
    // The year 1, which is how Go says that it does not know.
    ['ghcr-package', undefined, undefined],
    ['gitlab-registry', Date.UTC(2018, 9, 11, 13, 53, 21, 859), 'd83e8796-7ba5-46ad-b239-d88473e21b2b'],
    ['gar-pubsub', Date.UTC(2020, 0, 30, 4, 18, 4, 805), '981636256311680'],
    ['ecr-eventbridge', Date.UTC(2019, 10, 16, 1, 54, 34), '13cde686-328b-6117-af20-0e5566167482'],
    ['nexus-docker-component', Date.UTC(2020, 3, 5, 21, 49, 44, 219), undefined],
    [
      'cdevents-artifact-published-oci',
      Date.UTC(2023, 2, 20, 14, 27, 5, 315),
      '/event/source/123 b0000000-0000-4000-8000-000000000001',
    ],
    ['cloudevents-generic', Date.UTC(2025, 10, 27, 10), 'https://registry.example.com/events generic-001'],
  ];
  for (const [name, pushedAt, eventId] of moments) {
    it(`tells of ${name} when and as what it was pushed`, () => {
      const [event] = readPayload(payloadFormats, 'auto', changed(name), {}).events;
      expect({ pushedAt: event?.pushedAt, eventId: event?.eventId }).to.deep.equal({ pushedAt, eventId });
    });
  }
});
