/**
 * Every bound on what a caller may send, in one place; they apply before anything is parsed or looked up. The time-outs
 * close a slow sender's connection within seconds, where Node's own defaults take more than a minute.
 */
export const limits = Object.freeze({
  /** Largest request body, bytes; registries send a few kilobytes. */
  bodyBytes: 1024 * 1024,
  /** Largest form body, bytes: nothing but credentials is read from it. */
  formBytes: 64 * 1024,
  /** Largest sum of header bytes. A token URL counts too. */
  headerBytes: 16 * 1024,
  /** Longest token, characters. */
  tokenLength: 12 * 1024,
  /** Longest receiver key, bytes: the width of Cattle's column. */
  keyBytes: 255,
  /** Deepest nesting of a JSON body, levels. */
  jsonDepth: 64,
  /** Most pushes, and most entries of a list, in one body: more than any registry tells of, and few enough to be planned at once. */
  payloadEntries: 1000,
  /** Until all headers must be there, milliseconds. */
  headersTimeoutMs: 5_000,
  /** Until the whole request must be there, milliseconds. */
  requestTimeoutMs: 10_000,
  /** How often both are checked, milliseconds. */
  connectionsCheckingIntervalMs: 1_000,
  /** How long an idle connection stays open, milliseconds. */
  keepAliveTimeoutMs: 5_000,
  /** Most connections at a time. */
  connections: 2_000,
});
