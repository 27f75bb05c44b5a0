import type { PayloadFormat } from '../framework/payload-format.ts';
import { ignored, push } from './contents.ts';
import { hostOf, nameAt } from './image-name.ts';
import { firstText, hasObject, listAt, objectAt, shown, textAt } from './payload-parts.ts';

/**
 * JFrog Artifactory's webhook. Its images are named as with the repository path method: `host/repository/image`.
 * @see https://jfrog.com/help/r/jfrog-platform-administration-documentation/domain-docker
 */
export const artifactory: PayloadFormat = {
  id: 'artifactory',

  recognises(body) {
    const isNamed = textAt(body, 'domain') !== '' && textAt(body, 'event_type') !== '';
    // The events of Distribution have no data, but say whence they come.
    return isNamed && (hasObject(body, 'data') || textAt(body, 'jpd_origin') !== '' || textAt(body, 'domain') === 'docker');
  },

  read(body) {
    const data = objectAt(body, 'data');
    const domain = textAt(body, 'domain');
    const event = firstText(textAt(body, 'event_type'), textAt(data, 'event_type'));
    if (domain === '') return ignored("it is none of Artifactory's predefined events: custom payloads need paths");
    if (domain !== 'docker') return ignored(`Artifactory's event ${shown(event)} is one of ${shown(domain)}, not of an image`);
    const path = textAt(data, 'path').split('/');
    const image = imageOf(textAt(data, 'image_name'), path.slice(0, -2).join('/'));
    const tag = firstText(textAt(data, 'tag'), path.at(-2) ?? '');
    const repository = [textAt(data, 'repo_key'), image].filter((part) => part !== '').join('/');
    const about = {
      name: nameAt(hostOf(textAt(body, 'jpd_origin')), repository),
      tag,
      digest: isManifest(path.at(-1) ?? '') ? `sha256:${textAt(data, 'sha256')}` : '',
    };
    if (event !== 'pushed') return ignored(`the image was ${shown(event)}, not pushed`, about);
    if (image === '') return ignored('the push names no image', about);
    // Charts and other OCI artifacts are kept in such repositories too; unlike images they have no platforms.
    if (textAt(data, 'image_type') === 'oci' && listAt(data, 'platforms').length === 0)
      return ignored('an OCI artifact such as a Helm chart was pushed, not an image', about);
    return push(about);
  },
};

/** The path has all of the name, of which `image_name` may be only the last part. */
function imageOf(name: string, path: string): string {
  return name === '' || path.endsWith(`/${name}`) ? path : name;
}

/** `sha256` is that of the file at `path`: of the manifest, or of the list of manifests. */
function isManifest(file: string): boolean {
  return file === '' || file === 'manifest.json' || file === 'list.manifest.json';
}
