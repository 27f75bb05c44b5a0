import { rancherCluster } from './allow.ts';
import type { DeploymentUpdateConfig } from './definition.ts';

/** Names the cluster that a config is about, without connecting to it. */
export function upstream({ cluster = '' }: DeploymentUpdateConfig, projectId: string): string {
  if (cluster === rancherCluster) return `kubernetes/${rancherCluster}/${projectId}`;
  return `kubernetes/${cluster === '' ? 'default' : cluster}`;
}
