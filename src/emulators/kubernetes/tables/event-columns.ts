import { type Column, column, wide } from './column.ts';
import { sinceText } from './human-duration.ts';
import { type KubernetesObject, mapAt, numberOr, textOr } from '../objects/kubernetes-object.ts';

/** Events are of an older and a newer form; the newer has neither a source nor time stamps of its own. */
export const eventColumns: readonly Column[] = [
  column('Last Seen', (event) =>
    sinceText(mapAt(event, 'series')['lastObservedTime'] ?? event['lastTimestamp'] ?? firstTime(event)),
  ),
  column('Type', (event) => event['type']),
  column('Reason', (event) => event['reason']),
  column('Object', objectText),
  wide('Subobject', (event) => mapAt(event, 'involvedObject')['fieldPath'] ?? ''),
  wide('Source', sourceText),
  column('Message', (event) => textOr(event['message']).trim()),
  wide('First Seen', (event) => sinceText(firstTime(event))),
  wide('Count', (event) => numberOr(mapAt(event, 'series')['count'] ?? event['count'], 1)),
  wide('Name', ({ metadata }) => metadata.name),
];

function firstTime(event: KubernetesObject): unknown {
  return event['firstTimestamp'] ?? event['eventTime'];
}

function objectText(event: KubernetesObject): string {
  const { kind, name } = mapAt(event, 'involvedObject');
  return [textOr(kind).toLowerCase(), textOr(name)].filter((part) => part !== '').join('/');
}

function sourceText(event: KubernetesObject): string {
  const { component, host } = mapAt(event, 'source');
  const parts = textOr(component) === '' ? [event['reportingComponent'], event['reportingInstance']] : [component, host];
  return parts
    .map((part) => textOr(part))
    .filter((part) => part !== '')
    .join(', ');
}
