import type { PayloadFormat } from '../framework/payload-format.ts';
import { contentsOfEach, ignored, push } from './contents.ts';
import { hostOf, nameAt } from './image-name.ts';
import { isJsonObject } from '../framework/json.ts';
import { firstText, partAt, textAt } from './payload-parts.ts';

/**
 * Quay's "push to repository" notification. Nothing in the body is signed: who knows the URL can send it.
 * @see https://docs.quay.io/guides/notifications.html
 */
export const quay: PayloadFormat = {
  id: 'quay',

  recognises(body) {
    const isOfOrganization = textAt(body, 'namespace') !== '' && textAt(body, 'homepage').includes('/organization/');
    const isPush = body['updated_tags'] !== undefined && textAt(body, 'repository') !== '';
    return textAt(body, 'docker_url') !== '' || isPush || isOfOrganization;
  },

  read(body) {
    const url = textAt(body, 'docker_url').replace(/^https?:\/\//, '');
    const slash = url.indexOf('/');
    const namespaced = `${textAt(body, 'namespace')}/${textAt(body, 'name')}`;
    const repository = firstText(textAt(body, 'repository'), slash < 0 ? '' : url.slice(slash + 1), namespaced);
    const isNamed = !repository.startsWith('/') && !repository.endsWith('/');
    // A Quay of one's own always says where it is.
    const name = nameAt(firstText(url.slice(0, Math.max(slash, 0)), hostOf(textAt(body, 'homepage')), 'quay.io'), repository);
    if (!Object.hasOwn(body, 'updated_tags'))
      return ignored('a Quay notification that is not of a push', isNamed ? { name } : {});
    if (!isNamed) return ignored('the push names no repository');
    const tags = tagsOf(partAt(body, 'updated_tags'));
    if (tags.length === 0) return ignored('the push has no tag', { name });
    return contentsOfEach(tags, 'tags', (tag) => push({ name, tag }));
  },
};

/** A list; in 2013 it was an object of tags and image ids. */
function tagsOf(value: unknown): readonly string[] {
  const tags: readonly unknown[] = Array.isArray(value) ? value : isJsonObject(value) ? Object.keys(value) : [];
  return [...new Set(tags.filter((tag) => typeof tag === 'string'))];
}
