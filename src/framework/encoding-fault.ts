import { ServiceError } from './errors.ts';

/**
 * What is wrong with a body by its Content-Encoding: nothing is ever decompressed, as little may become much.
 * @returns undefined where it is sent as it is.
 */
export function encodingFault(contentEncoding: string | undefined): ServiceError | undefined {
  if (contentEncoding === undefined || contentEncoding.toLowerCase() === 'identity') return undefined;
  return new ServiceError('UnsupportedEncoding', 'A body with a Content-Encoding is not accepted');
}
