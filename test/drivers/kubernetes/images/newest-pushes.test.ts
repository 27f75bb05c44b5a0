import { expect } from 'chai';
import { array, assert, constantFrom, nat, option, property, record } from 'fast-check';
import { newestPushes } from '../../../../src/drivers/kubernetes/images/newest-pushes.ts';
import { isPushTo } from '../../../../src/drivers/kubernetes/images/pushed-image.ts';
import { parseImageReference } from '../../../../src/framework/image-reference.ts';
import type { ImageEvent } from '../../../../src/framework/payload-format.ts';

const registryAliases = { 'mirror.local': 'docker.io', 'reg.local/hub': 'docker.io' };
const images = [
  'nginx',
  'acme/web',
  'library/acme/web',
  'quay.io/nginx',
  'quay.io/library/nginx',
  'mirror.local/nginx',
  'mirror.local/library/nginx',
  'reg.local/hub/library/nginx',
  'reg.local/hub/nginx',
];

describe('newestPushes', () => {
  const event = record({
    registry: option(constantFrom('docker.io', 'quay.io', 'Mirror.local', 'reg.local'), { nil: undefined }),
    repository: constantFrom('nginx', 'Library/nginx', 'acme/web', 'library/acme/web', 'hub/nginx', 'hub/library/nginx'),
    tag: constantFrom('1', '2', '3', 'latest'),
    pushedAt: option(nat({ max: 2 }), { nil: undefined }),
  }).map(({ registry, pushedAt, ...others }): ImageEvent => ({
    ...others,
    image: others.repository,
    ...(registry !== undefined && { registry }),
    ...(pushedAt !== undefined && { pushedAt }),
  }));

  it('finds for every image the push that none to its repository is newer than', () => {
    assert(
      property(array(event, { maxLength: 8 }), constantFrom(undefined, 'numerical'), (events, tagOrder) => {
        const config = { registryAliases, tagPolicy: 'any', ...(tagOrder && { tagOrder }) };
        const pushes = newestPushes(events, config);
        const key = ({ tag, pushedAt = 0 }: ImageEvent): readonly number[] => [tagOrder ? Number(tag) || 0 : 0, pushedAt];
        for (const image of images.map(parseImageReference)) {
          const expected = events
            .filter((each) => isPushTo(image, each, registryAliases))
            .toSorted((a, b) => (key(a)[0] ?? 0) - (key(b)[0] ?? 0) || (key(a)[1] ?? 0) - (key(b)[1] ?? 0))
            .at(-1);
          expect(pushes.to(image), image.name).to.equal(expected);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('names what was pushed once', () => {
    const pushed = ['nginx', 'library/nginx', 'acme/web'].map((repository) => ({ repository, tag: '1', image: repository }));
    expect(newestPushes(pushed, {}).names).to.deep.equal(['nginx', 'acme/web']);
  });
});
