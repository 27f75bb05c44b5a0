import { expect } from 'chai';
import { holdOn, type ImageChange, type PlannedUpdate } from '../../../src/drivers/kubernetes/planned-update.ts';

const change = (container: string, from: string, to: string): ImageChange => ({ container, init: false, from, to });

describe('holdOn', () => {
  const changes = [
    change('web', 'acme/web:1', 'acme/web:2'),
    change('log', 'acme/log:1', 'acme/log:2'),
    change('kept', 'a:1', 'a:1'),
  ];
  const held = (containers?: readonly string[]): readonly string[] | undefined =>
    holdOn({ changes } as unknown as PlannedUpdate, 'it broke', containers).hold?.images;

  it('is on the image of the container that could not run', () => {
    expect(held(['log'])).to.deep.equal(['acme/log:2']);
    expect(held(['log', 'web'])).to.deep.equal(['acme/web:2', 'acme/log:2']);
  });

  it('is on every new image where it is not known which one is to blame', () => {
    expect(held()).to.deep.equal(['acme/web:2', 'acme/log:2']);
    expect(held(['kept', 'a sidecar'])).to.deep.equal(['acme/web:2', 'acme/log:2']);
  });

  it('names an image once, however many containers have it', () => {
    const twice = [change('web', 'acme/web:1', 'acme/web:2'), change('job', 'acme/web:1', 'acme/web:2')];
    expect(holdOn({ changes: twice } as unknown as PlannedUpdate, 'it broke')).to.deep.equal({
      hold: { images: ['acme/web:2'], reason: 'it broke' },
    });
  });

  it('is on nothing after a restart', () => {
    expect(holdOn({ changes: [change('web', 'a:1', 'a:1')] } as unknown as PlannedUpdate, 'it broke', ['web'])).to.deep.equal({});
  });
});
