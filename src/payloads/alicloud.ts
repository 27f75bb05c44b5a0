import { isJsonObject } from '../framework/json.ts';
import type { PayloadFormat } from '../framework/payload-format.ts';
import { imageEvent } from './image-event.ts';
import { requireObject, requireString } from './required-part.ts';

/**
 * Alibaba Cloud Container Registry's trigger. Nothing in the body is signed: who knows the URL can send it.
 * @see https://www.alibabacloud.com/help/en/acr/user-guide/manage-triggers
 */
export const alicloud: PayloadFormat = {
  id: 'alicloud',

  recognises(body) {
    const { push_data: push, repository } = body;
    if (!isJsonObject(push) || !isJsonObject(repository)) return false;
    return typeof repository['repo_full_name'] === 'string' && typeof repository['region'] === 'string';
  },

  events(body, options) {
    const push = requireObject(body, 'push_data', 'Incomplete Alicloud Docker Hub webhook response provided');
    const tag = requireString(push, 'tag', 'Alicloud Docker Hub webhook response contains no tag');
    const withoutRepository = 'Alicloud Docker Hub response provided without repository information';
    const repository = requireObject(body, 'repository', withoutRepository);
    const withoutName = 'Alicloud Docker Hub response provided without image name';
    const fullName = requireString(repository, 'repo_full_name', withoutName);
    const region = requireString(repository, 'region', withoutName);
    const name = `${options.addressType || 'registry'}.${region}.aliyuncs.com/${fullName}`;
    return [imageEvent({ name, tag, digest: push['digest'], pushedAt: shanghaiTime(push['pushed_at']) })];
  },
};

/** `2016-11-29 12:25:46`, which the registry gives in China's time, as milliseconds since 1970. */
function shanghaiTime(text: unknown): number | undefined {
  if (typeof text !== 'string' || !/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(text)) return undefined;
  const time = Date.parse(`${text.replace(' ', 'T')}+08:00`);
  return Number.isNaN(time) ? undefined : time;
}
