import { expect } from 'chai';
import { imageEventFault, pushedName } from '../../src/framework/image-event-fault.ts';

function fault(registry: string | undefined, repository: string, tag: string): string | undefined {
  return imageEventFault({ ...(registry !== undefined && { registry }), repository, tag, image: `${repository}:${tag}` });
}

describe('imageEventFault', () => {
  it('finds none in what can be pulled', () => {
    expect(fault('docker.io', 'nginx', '1')).to.equal(undefined);
    expect(fault('[fd00::1]:5000', 'acme/web', '1.2.3-rc.1')).to.equal(undefined);
    expect(fault(undefined, 'acme/web', '')).to.equal(undefined);
  });

  it('takes capitals in a repository, which Alibaba Cloud shows', () => {
    expect(fault('registry.example.com', 'Acme/Web', '1')).to.equal(undefined);
    expect(pushedName({ registry: 'registry.example.com', repository: 'Acme/Web' })).to.equal('registry.example.com/acme/web');
    expect(pushedName({ repository: 'Acme/Web' })).to.equal('acme/web');
  });

  it('names the repository or the tag that nothing could pull', () => {
    expect(fault('r.example.com', 'тест', '1')).to.equal('The pushed repository "r.example.com/тест" is not a valid name');
    expect(fault(undefined, '', '1')).to.equal('The pushed repository "" is not a valid name');
    expect(fault('r.example.com', 'web', 'a b')).to.equal('The pushed tag "a b" is not valid');
  });

  it('shows no more of it than people read', () => {
    expect(fault(undefined, 'web', 'x'.repeat(1000))).to.equal(`The pushed tag "${'x'.repeat(200)}…" is not valid`);
  });
});
