export function deliveryIdentities(_headers: unknown, _events: unknown, _mode: unknown): string[] {
  return [];
}
