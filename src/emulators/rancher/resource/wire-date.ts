/** Cattle's dates have whole seconds: `2018-01-01T00:00:00Z`. */
export function wireDate(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19)}Z`;
}
