import type { PayloadFormat } from '../framework/payload-format.ts';
import { ignored, push } from './contents.ts';
import { hostOf, nameAt } from './image-name.ts';
import { firstText, hasObject, listAt, objectAt, textAt } from './payload-parts.ts';

/**
 * JFrog Artifactory's webhook. Its images are named as with the repository path method: `host/repository/image`.
 * @see https://jfrog.com/help/r/jfrog-platform-administration-documentation/domain-docker
 */
export const artifactory: PayloadFormat = {
  id: 'artifactory',

  recognises(body) {
    return textAt(body, 'domain') !== '' && textAt(body, 'event_type') !== '' && hasObject(body, 'data');
  },

  read(body) {
    const data = objectAt(body, 'data');
    const domain = textAt(body, 'domain');
    const event = firstText(textAt(body, 'event_type'), textAt(data, 'event_type'));
    if (domain !== 'docker')
      return ignored(`Artifactory's event ${event.slice(0, 100)} is one of ${domain.slice(0, 100)}, not of an image`);
    const path = textAt(data, 'path').split('/');
    const image = firstText(textAt(data, 'image_name'), path.slice(0, -2).join('/'));
    const tag = firstText(textAt(data, 'tag'), path.at(-2) ?? '');
    const repository = [textAt(data, 'repo_key'), image].filter((part) => part !== '').join('/');
    const about = {
      name: nameAt(hostOf(textAt(body, 'jpd_origin')), repository),
      tag,
      digest: isManifest(path.at(-1) ?? '') ? `sha256:${textAt(data, 'sha256')}` : '',
    };
    if (event !== 'pushed') return ignored(`the image was ${event.slice(0, 100)}, not pushed`, about);
    if (image === '') return ignored('the push names no image', about);
    // Charts and other OCI artifacts are kept in such repositories too; unlike images they have no platforms.
    if (textAt(data, 'image_type') === 'oci' && listAt(data, 'platforms').length === 0)
      return ignored('an OCI artifact such as a Helm chart was pushed, not an image', about);
    return push(about);
  },
};

/** `sha256` is that of the file at `path`: of the manifest, or of the list of manifests. */
function isManifest(file: string): boolean {
  return file === '' || file === 'manifest.json' || file === 'list.manifest.json';
}
