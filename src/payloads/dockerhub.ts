import { isJsonObject } from '../framework/json.ts';
import type { PayloadFormat } from '../framework/payload-format.ts';
import { imageEvent } from './image-event.ts';
import { requireObject, requireString } from './required-part.ts';

/**
 * Docker Hub's webhook. Nothing in the body is signed: who knows the URL can send it.
 * @see https://docs.docker.com/docker-hub/repos/manage/webhooks/
 */
export const dockerhub: PayloadFormat = {
  id: 'dockerhub',

  recognises(body) {
    const { push_data: push, repository } = body;
    return isJsonObject(push) && isJsonObject(repository) && typeof repository['repo_name'] === 'string';
  },

  events(body) {
    const push = requireObject(body, 'push_data', 'Incomplete webhook response provided');
    const tag = requireString(push, 'tag', 'Webhook response contains no tag');
    const repository = requireObject(body, 'repository', 'Response provided without repository information');
    const name = requireString(repository, 'repo_name', 'Response provided without image name');
    const seconds = push['pushed_at'];
    // Docker Hub has sent whole seconds as well as floats such as 1.417566161e+09.
    const pushedAt = typeof seconds === 'number' && seconds > 0 ? Math.round(seconds * 1000) : undefined;
    return [imageEvent({ name, tag, pushedAt })];
  },
};
