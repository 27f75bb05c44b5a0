import type { PayloadFormat } from '../framework/payload-format.ts';
import { ignored, push } from './contents.ts';
import { nameAt } from './image-name.ts';
import { hasObject, textAt } from './payload-parts.ts';
import { requireObject, requireString } from './required-part.ts';

/**
 * Alibaba Cloud Container Registry's trigger. Nothing in the body is signed: who knows the URL can send it.
 * @see https://www.alibabacloud.com/help/en/acr/user-guide/manage-triggers
 */
export const alicloud: PayloadFormat = {
  id: 'alicloud',

  recognises(body) {
    const isNamed = textAt(body, 'repository', 'repo_full_name') !== '' || textAt(body, 'repository', 'region') !== '';
    return hasObject(body, 'push_data') && isNamed;
  },

  read(body, _headers, { addressType, strict = false }) {
    const data = requireObject(body, 'push_data', 'Incomplete Alicloud Docker Hub webhook response provided');
    const withoutTag = 'Alicloud Docker Hub webhook response contains no tag';
    const tag = strict ? requireString(data, 'tag', withoutTag) : textAt(data, 'tag');
    const withoutRepository = 'Alicloud Docker Hub response provided without repository information';
    const repository = requireObject(body, 'repository', withoutRepository);
    const withoutName = 'Alicloud Docker Hub response provided without image name';
    const fullName = strict ? requireString(repository, 'repo_full_name', withoutName) : textAt(repository, 'repo_full_name');
    const region = strict ? requireString(repository, 'region', withoutName) : textAt(repository, 'region');
    const host = region === '' ? undefined : `${addressType || 'registry'}.${region}.aliyuncs.com`;
    if (fullName === '') return ignored('the push names no repository');
    const name = nameAt(host, fullName);
    return push({ name, tag, digest: textAt(data, 'digest'), pushedAt: shanghaiTime(data['pushed_at']) });
  },
};

/** `2016-11-29 12:25:46`, which the registry gives in China's time, as milliseconds since 1970. */
function shanghaiTime(text: unknown): number | undefined {
  if (typeof text !== 'string' || !/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(text)) return undefined;
  const time = Date.parse(`${text.replace(' ', 'T')}+08:00`);
  return Number.isNaN(time) ? undefined : time;
}
