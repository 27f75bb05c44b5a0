import { ServiceError } from '../../framework/errors.ts';
import type { ForwardPostConfig } from './definition.ts';

/**
 * The Go service checks nothing here, and so could be sent into other projects with its own key, which opens them all.
 * @throws ServiceError
 */
export function validate(config: ForwardPostConfig, projectId: string): void {
  const { projectId: target = '' } = config;
  if (target !== '' && target !== projectId) throw new ServiceError('Refused', 'Cannot forward to another project');
}
