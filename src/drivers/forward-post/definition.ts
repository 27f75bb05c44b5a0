import type { DriverDefinition } from '../../framework/driver.ts';

/** A decoded `forwardPostConfig`. */
export interface ForwardPostConfig {
  readonly path?: string;
  readonly port?: string;
  readonly projectId?: string;
  readonly serviceName?: string;
}

/** What the PlannedAction of one delivery holds; headers and body stay with the delivery. */
export interface ForwardPostInput {
  /** `service` or `service.stack`. */
  readonly service: string;
  readonly port: number;
  /** Begins with `/`, percent-encoded. */
  readonly path: string;
  /** Without `?`; may be empty. */
  readonly query: string;
}

/** How a post gets into a container: `auto` takes the service proxy where the project's schemas offer it. */
export type ForwardPostMode = 'auto' | 'proxy';

export const definition: DriverDefinition = {
  id: 'forwardPost',
  description: 'Hands the POST on to a container of a service',
  mode: 'inline',
  fields: [
    { name: 'path', type: 'string', description: 'Where to in the container, such as /hooks/build' },
    { name: 'port', type: 'string', description: 'The port on which the container listens' },
    { name: 'projectId', type: 'string', description: "The service's project, which has to be the receiver's own" },
    { name: 'serviceName', type: 'string', description: 'The service, or service.stack' },
  ],
};
