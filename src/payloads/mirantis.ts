import type { PayloadFormat } from '../framework/payload-format.ts';
import { ignored, push } from './contents.ts';
import { nameAt, splitReference } from './image-name.ts';
import { firstText, hasObject, objectAt, shown, textAt, timeOf } from './payload-parts.ts';

/**
 * Mirantis Secure Registry 2 and 3, which was Docker Trusted Registry. Version 4 is Harbor, and sends what Harbor sends.
 * @see https://docs.mirantis.com/msr/2.9/ops/manage-webhooks.html
 */
export const mirantis: PayloadFormat = {
  id: 'mirantis',

  recognises(body) {
    return hasObject(body, 'contents') && /^[A-Z]+(?:_[A-Z]+)*$/.test(textAt(body, 'type'));
  },

  read(body) {
    const contents = objectAt(body, 'contents');
    const image = splitReference(textAt(contents, 'imageName'));
    const parts = [textAt(contents, 'namespace'), textAt(contents, 'repository')].filter((part) => part !== '');
    const about = {
      name: nameAt(undefined, firstText(image.name, parts.join('/'))),
      tag: firstText(textAt(contents, 'tag'), image.tag),
      digest: firstText(textAt(contents, 'digest'), image.digest),
    };
    const type = textAt(body, 'type');
    if (type !== 'TAG_PUSH') return ignored(`Mirantis' event ${shown(type)} is not the push of a tag`, about);
    if (about.name.repository === '') return ignored('the push names no repository');
    return push({ ...about, pushedAt: timeOf(textAt(contents, 'pushedAt')) ?? timeOf(textAt(body, 'createdAt')) });
  },
};
