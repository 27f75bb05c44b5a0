/** A pattern that cannot be read. The message says why and, where it can be told, at which position, counted from 1. */
export class PatternError extends Error {
  override readonly name = 'PatternError';
}
