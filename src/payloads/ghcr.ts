import type { JsonObject } from '../framework/json.ts';
import type { PayloadContents, PayloadFormat } from '../framework/payload-format.ts';
import { ignored, ping, push } from './contents.ts';
import { nameAt, splitReference, type ImageName } from './image-name.ts';
import { namesAnImage } from './loose-image.ts';
import { firstText, hasObject, objectAt, shown, textAt, timeOf } from './payload-parts.ts';

const pushActions: ReadonlySet<string> = new Set(['published', 'updated', 'create', 'created']);
const containerTypes: ReadonlySet<string> = new Set(['container', 'docker']);

/**
 * GitHub's `package` and `registry_package` events, which its container registry sends.
 * @see https://docs.github.com/webhooks/webhook-events-and-payloads#package
 */
export const ghcr: PayloadFormat = {
  id: 'ghcr',

  recognises(body) {
    const isPing = textAt(body, 'zen') !== '' && body['hook_id'] !== undefined;
    return isPing || [body['package'], body['registry_package']].some(isPackage) || isOfGitHub(body);
  },

  read(body, headers) {
    const event = textAt(headers, 'x-github-event');
    if (event === 'ping' || (event === '' && textAt(body, 'zen') !== '')) return ping('a test of the webhook');
    const key = hasObject(body, 'registry_package') ? 'registry_package' : 'package';
    if (!hasObject(body, key)) return ignored(withoutPackage(event));
    return contentsOfPackage(body, objectAt(body, key));
  },
};

function withoutPackage(event: string): string {
  if (event === 'package' || event === 'registry_package') return `GitHub's event ${event} names no package`;
  return event === '' ? "GitHub's event is not that of a package" : `GitHub's event ${shown(event)} is not that of a package`;
}

/** Any other event: each of them says who caused it, by an id of GitHub's kind. A CI job may pass that on with its image. */
function isOfGitHub(body: JsonObject): boolean {
  const isSender = textAt(body, 'sender', 'login') !== '' && textAt(body, 'sender', 'node_id') !== '';
  return isSender && !namesAnImage(body);
}

/** Other senders, too, have packages; GitHub's have a version, and say of which kind they are. */
function isPackage(value: unknown): boolean {
  return hasObject(value, 'package_version') || firstText(textAt(value, 'package_type'), textAt(value, 'ecosystem')) !== '';
}

function contentsOfPackage(body: JsonObject, pack: JsonObject): PayloadContents {
  const version = objectAt(pack, 'package_version');
  // GitHub has sent the ecosystem docker with packages of npm: the type is the one to go by where there are both.
  const type = firstText(textAt(pack, 'package_type'), textAt(pack, 'ecosystem'), 'unknown');
  const isContainer = hasObject(version, 'container_metadata') || containerTypes.has(type.toLowerCase());
  if (!isContainer) return ignored(`a package of type ${shown(type)}, not an image`);
  const name = nameOf(body, pack, version);
  if (name.repository === '') return ignored('the package names no repository');
  const metadata = objectAt(version, 'container_metadata');
  const named = firstText(textAt(version, 'version'), textAt(version, 'name'));
  const about = {
    name,
    // An empty tag is one that is not there; only old bodies have none of this, and the tag as the version.
    tag: hasObject(metadata, 'tag') ? textAt(metadata, 'tag', 'name') : named,
    digest: firstText(validDigest(textAt(metadata, 'tag', 'digest')), validDigest(textAt(metadata, 'manifest', 'digest')), named),
  };
  const action = textAt(body, 'action');
  if (action !== '' && !pushActions.has(action)) return ignored(`the package was ${shown(action)}, not pushed`, about);
  const mediaTypes = [textAt(metadata, 'manifest', 'config', 'media_type'), textAt(metadata, 'manifest', 'media_type')];
  return push({ ...about, pushedAt: timeOf(version['updated_at']), mediaTypes });
}

/** GitHub shows owners in capitals, which its registry and every image reference have in small letters. */
function nameOf(body: JsonObject, pack: JsonObject, version: JsonObject): ImageName {
  const url = splitReference(textAt(version, 'package_url').toLowerCase()).name;
  if (url.includes('/')) return nameAt(url.slice(0, url.indexOf('/')), url.slice(url.indexOf('/') + 1));
  const owner = firstText(textAt(pack, 'namespace'), textAt(pack, 'owner', 'login'));
  const own = textAt(pack, 'name');
  // The first kind of this event was about a package of a repository.
  const ofRepository = hasObject(body, 'registry_package') ? textAt(body, 'repository', 'full_name') : '';
  const owned = owner === '' || own === '' ? '' : `${owner}/${own}`;
  return nameAt('ghcr.io', firstText(ofRepository, owned, textAt(body, 'repository', 'full_name')).toLowerCase());
}

function validDigest(text: string): string {
  return /^sha256:[a-f0-9]{64}$/.test(text) ? text : '';
}
