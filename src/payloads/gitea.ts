import type { PayloadContents, PayloadFormat, PayloadHeaders } from '../framework/payload-format.ts';
import type { JsonObject } from '../framework/json.ts';
import { ignored, push } from './contents.ts';
import { hostOf, nameAt } from './image-name.ts';
import { firstText, hasObject, objectAt, partAt, shown, textAt, timeOf } from './payload-parts.ts';

/**
 * The `package` event of Gitea and Forgejo, which their container registry sends. A version of such a package is a tag, or the
 * digest of what was pushed without one.
 * @see https://docs.gitea.com/usage/repository/webhooks
 * @see https://forgejo.org/docs/latest/user/webhooks/
 */
export const gitea: PayloadFormat = {
  id: 'gitea',

  recognises(body) {
    const pack = partAt(body, 'package');
    // GitHub's event of this name has a version that is an object, and calls the type otherwise.
    const isOfGitHub =
      hasObject(pack, 'package_version') || firstText(textAt(pack, 'package_type'), textAt(pack, 'ecosystem')) !== '';
    return textAt(pack, 'type') !== '' && partAt(pack, 'version') !== undefined && !isOfGitHub;
  },

  read(body, headers) {
    if (hasObject(body, 'package')) return contentsOfPackage(textAt(body, 'action'), objectAt(body, 'package'));
    const event = eventIn(headers);
    return ignored(event === '' ? 'the event names no package' : `Gitea's event ${shown(event)} is not that of a package`);
  },
};

function eventIn(headers: PayloadHeaders): string {
  return firstText(textAt(headers, 'x-forgejo-event'), textAt(headers, 'x-gitea-event'));
}

function contentsOfPackage(action: string, pack: JsonObject): PayloadContents {
  const type = textAt(pack, 'type');
  if (type !== 'container') return ignored(`a package of type ${shown(type)}, not an image`);
  const owner = firstText(textAt(pack, 'owner', 'login'), textAt(pack, 'owner', 'username'));
  const name = textAt(pack, 'name');
  if (owner === '' || name === '') return ignored('the package has no name');
  // The registry is at the root of the host that its pages are at.
  const host = hostOf(firstText(textAt(pack, 'html_url'), textAt(pack, 'owner', 'html_url')));
  const about = {
    name: nameAt(host, `${owner}/${name}`.toLowerCase()),
    tag: textAt(pack, 'version'),
    digest: textAt(pack, 'version'),
  };
  if (action !== 'created') return ignored(`the package was ${shown(action)}, not pushed`, about);
  return push({ ...about, pushedAt: timeOf(textAt(pack, 'created_at')) });
}
