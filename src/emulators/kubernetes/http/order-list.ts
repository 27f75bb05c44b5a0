import { isDeepStrictEqual } from 'node:util';
import { isMap } from '../objects/kubernetes-object.ts';

/**
 * The order of a merged list: what the patch names comes in the patch's order, the rest in the server's; between the two the
 * server's order decides where it knows both, else the patch's entry goes first.
 *
 * @param key absent for a list of plain values.
 */
export function orderList<T>(merged: readonly T[], server: readonly unknown[], wanted: readonly unknown[], key?: string): T[] {
  const idOf = (entry: unknown): unknown => (key !== undefined && isMap(entry) ? entry[key] : entry);
  const placeIn = (list: readonly unknown[], entry: unknown): number =>
    list.findIndex((other) => isDeepStrictEqual(idOf(other), idOf(entry)));
  const patched = merged
    .filter((entry) => placeIn(wanted, entry) >= 0)
    .toSorted((a, b) => placeIn(wanted, a) - placeIn(wanted, b));
  const others = merged.filter((entry) => placeIn(wanted, entry) < 0);
  const result: T[] = [];
  for (const entry of patched) {
    const place = placeIn(server, entry);
    const earlier = others.findIndex((other) => place < 0 || placeIn(server, other) >= place);
    result.push(...others.splice(0, earlier < 0 ? others.length : earlier), entry);
  }
  return [...result, ...others];
}
