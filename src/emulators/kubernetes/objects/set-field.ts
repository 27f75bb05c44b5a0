import type { JsonMap } from './kubernetes-object.ts';

/** Sets a field whose name a caller chose; an own one even if it is `__proto__`. */
export function setField(target: JsonMap, name: string, value: unknown): void {
  Object.defineProperty(target, name, { value, writable: true, enumerable: true, configurable: true });
}
