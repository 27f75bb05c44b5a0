import type { PayloadFormat } from '../framework/payload-format.ts';
import { push } from './contents.ts';
import { nameAtHub } from './image-name.ts';
import { firstText, hasObject, partAt, textAt, timeOf } from './payload-parts.ts';
import { requireObject, requireString } from './required-part.ts';

const withoutName = 'Response provided without image name';

/**
 * Docker Hub's webhook. Nothing in the body is signed: who knows the URL can send it.
 * @see https://docs.docker.com/docker-hub/repos/manage/webhooks/
 */
export const dockerhub: PayloadFormat = {
  id: 'dockerhub',

  recognises(body) {
    const repository = partAt(body, 'repository');
    // Alibaba Cloud has the same shape, with other names in it.
    const isAlibaba = textAt(repository, 'repo_full_name') !== '' || textAt(repository, 'region') !== '';
    return hasObject(body, 'push_data') && repositoryName(repository) !== '' && !isAlibaba;
  },

  read(body, _headers, { strict = false }) {
    const data = requireObject(body, 'push_data', 'Incomplete webhook response provided');
    const tag = strict ? requireString(data, 'tag', 'Webhook response contains no tag') : textAt(data, 'tag');
    const repository = requireObject(body, 'repository', 'Response provided without repository information');
    const name = strict ? '' : repositoryName(repository);
    return push({
      name: nameAtHub(name || requireString(repository, 'repo_name', withoutName)),
      tag,
      // Docker Hub has sent whole seconds as well as floats such as 1.417566161e+09.
      pushedAt: typeof data['pushed_at'] === 'number' ? timeOf(data['pushed_at']) : undefined,
      mediaTypes: [textAt(data, 'media_type')],
    });
  },
};

/** With its namespace; where it is not there, the parts of it or the page of the repository tell it. */
function repositoryName(repository: unknown): string {
  const [namespace, name] = [textAt(repository, 'namespace'), textAt(repository, 'name')];
  const [, page = ''] = /^https?:\/\/[^/]*\bdocker\.com\/[ru]\/([^/]+\/[^/?#]+)/.exec(textAt(repository, 'repo_url')) ?? [];
  const named = namespace === '' || name === '' ? '' : `${namespace}/${name}`;
  // An official image has no namespace.
  return firstText(textAt(repository, 'repo_name'), named, page, name);
}
