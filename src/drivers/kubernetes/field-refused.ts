import { ServiceError } from '../../framework/errors.ts';

/** The text is stored with every delivery of a receiver that was written past our API, characters. */
const longestText = 500;

/** A config whose field `fieldName` must be another. */
export function fieldRefused(fieldName: string, text: string): ServiceError {
  const shown = text.length > longestText ? `${text.slice(0, longestText)}…` : text;
  return new ServiceError('InvalidConfig', shown, { fieldName });
}
