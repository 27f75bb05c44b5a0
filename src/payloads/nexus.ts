import type { PayloadFormat } from '../framework/payload-format.ts';
import { ignored, push } from './contents.ts';
import { nameAt } from './image-name.ts';
import { firstText, hasObject, objectAt, shown, textAt, timeOf } from './payload-parts.ts';

const pushActions: ReadonlySet<string> = new Set(['CREATED', 'UPDATED']);

/**
 * Sonatype Nexus Repository's webhook for components. It does not say at which host the registry is.
 * @see https://help.sonatype.com/en/example-headers-and-payloads.html
 */
export const nexus: PayloadFormat = {
  id: 'nexus',

  recognises(body) {
    const isOfRepository = textAt(body, 'repositoryName') !== '' && (hasObject(body, 'component') || hasObject(body, 'asset'));
    const isGlobal = textAt(body, 'nodeId') !== '' && (hasObject(body, 'audit') || hasObject(body, 'repository'));
    return isOfRepository || isGlobal;
  },

  read(body, headers) {
    const kind = hasObject(body, 'component') ? 'component' : hasObject(body, 'asset') ? 'asset' : '';
    if (kind === '') {
      const id = firstText(textAt(headers, 'x-nexus-webhook-id'), hasObject(body, 'audit') ? 'audit' : 'repository');
      return ignored(`Nexus' event ${shown(id)} is not that of a component`);
    }
    const component = objectAt(body, kind);
    const format = textAt(component, 'format');
    if (format !== 'docker')
      return ignored(`${kind === 'asset' ? 'an asset' : 'a component'} of format ${shown(format)}, not an image`);
    if (kind === 'asset') return ignored('an asset, not a component: of each push there are several');
    const repository = textAt(component, 'name');
    const about = {
      name: nameAt(undefined, repository),
      tag: textAt(component, 'version'),
    };
    const action = textAt(body, 'action');
    if (!pushActions.has(action)) return ignored(`the image was ${shown(action.toLowerCase())}, not pushed`, about);
    if (repository === '') return ignored('the component has no name');
    const eventId = textAt(headers, 'x-nexus-webhook-delivery');
    return push({ ...about, pushedAt: timeOf(textAt(body, 'timestamp')), eventId });
  },
};
