export interface Setting {
  /** The flag of `serve` that says the same, without dashes. */
  readonly flag: string;
  readonly description: string;
  /** May also stand in the file that `<NAME>_FILE` names. */
  readonly secret?: boolean;
}

/** Every setting by the name of its environment variable; `--help` is made of this. */
export const settings = {
  CATTLE_URL: { flag: 'cattle-url', description: "the Rancher server's API, such as http://localhost:8080/v1" },
  CATTLE_ACCESS_KEY: { flag: 'cattle-access-key', description: "the service's Rancher API key", secret: true },
  CATTLE_SECRET_KEY: { flag: 'cattle-secret-key', description: "the secret of the service's Rancher API key", secret: true },
  RSA_PUBLIC_KEY_CONTENTS: {
    flag: 'rsa-public-key-contents',
    description: 'PEM of one to three keys that tokens are accepted from',
    secret: true,
  },
  RSA_PRIVATE_KEY_CONTENTS: {
    flag: 'rsa-private-key-contents',
    description: 'PEM of the key that tokens are signed with',
    secret: true,
  },
  WEBHOOK_LISTEN: { flag: 'listen', description: 'host:port to listen on; 0.0.0.0:8085, behind Rancher 127.0.0.1:8085' },
  WEBHOOK_DATA_DIR: { flag: 'data-dir', description: 'where keys and state are kept' },
  WEBHOOK_AUTH: { flag: 'auth', description: 'who may manage receivers: cattle, rancher, embedded or none' },
  WEBHOOK_URL_STYLE: { flag: 'url-style', description: 'form of new trigger URLs: token (signed) or key' },
  WEBHOOK_PUBLIC_URL: { flag: 'public-url', description: 'the address that trigger URLs are shown with' },
  WEBHOOK_LEGACY_SCHEMAS: { flag: 'legacy-schemas', description: "true: exactly the Go service's schemas and resources" },
  WEBHOOK_FORWARD_POST: {
    flag: 'forward-post',
    description: 'proxy: forwardPost never uses its own key on the way into a container',
  },
  WEBHOOK_KUBERNETES_ALLOW: {
    flag: 'kubernetes-allow',
    description: 'what each project may touch: {projectId: [{cluster, namespaces, kinds}]}',
  },
  WEBHOOK_OIDC_ISSUERS: {
    flag: 'oidc-issuers',
    description: "issuers whose tokens senders may prove themselves by, with commas between; Google's and GitHub Actions'",
  },
  WEBHOOK_ADMIN_ACCESS_KEY: { flag: 'admin-access-key', description: 'with --embedded: the first API key', secret: true },
  WEBHOOK_ADMIN_SECRET_KEY: { flag: 'admin-secret-key', description: 'with --embedded: its secret', secret: true },
  KUBECONFIG: { flag: 'kubeconfig', description: 'clusters for deploymentUpdate; absent: the cluster that the service runs in' },
  DATABASE_URL: {
    flag: 'database-url',
    description: 'postgres://… where several replicas share their deliveries; absent: a file in the data folder',
    secret: true,
  },
  WEBHOOK_SECRET: {
    flag: 'secret',
    description: 'with DATABASE_URL and no RSA key given: seals the token key that the replicas share',
    secret: true,
  },
  WEBHOOK_OPERATIONS_LISTEN: { flag: 'operations-listen', description: 'host:port for /healthz and /readyz; absent: none' },
  WEBHOOK_RETENTION_DAYS: { flag: 'retention-days', description: 'for how long deliveries that ended are kept: 30' },
  WEBHOOK_RETENTION_DELIVERIES: { flag: 'retention-deliveries', description: 'how many deliveries are kept: 1000000' },
  WEBHOOK_RETENTION_MEBIBYTES: { flag: 'retention-mebibytes', description: 'how large their store may become: 4096' },
} as const satisfies Record<string, Setting>;

export type SettingName = keyof typeof settings;
