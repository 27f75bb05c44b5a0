import type { FieldDefinition } from '../driver.ts';

/** By what a sender can prove who it is. */
export const authentications = ['none', 'github', 'nexus', 'artifactory', 'header', 'standardWebhooks', 'oidc'] as const;

export type Authentication = (typeof authentications)[number];

/** The part of a decoded config that says what a sender has to prove. Stored past our API, it may hold anything of these types. */
export interface SenderConfig {
  readonly authentication?: string;
  /** A null is what Go reads as an empty string. */
  readonly secrets?: readonly (string | null)[];
  readonly headerName?: string;
  readonly issuer?: string;
  readonly audience?: string;
  readonly claims?: Readonly<Record<string, string | null>>;
}

/** The header that holds a secret where the receiver names none. */
export const defaultHeaderName = 'Authorization';

/** By which a driver takes part: others may have fields of the same names that mean something else. */
export const authenticationField: FieldDefinition = {
  name: 'authentication',
  type: 'enum',
  default: 'none',
  options: authentications,
  extension: true,
  description: 'What the sender has to prove beside knowing the URL',
};

/** The fields of every driver that takes pushes of registries. */
export const senderFields: readonly FieldDefinition[] = [
  authenticationField,
  {
    name: 'secrets',
    type: 'array[string]',
    sensitive: true,
    extension: true,
    description: 'What the sender signs with or sends; any one of up to 10 will do, so that they can be replaced without a gap',
  },
  {
    name: 'headerName',
    type: 'string',
    extension: true,
    description: `For authentication header: the header that holds the secret; absent: ${defaultHeaderName}`,
  },
  { name: 'issuer', type: 'string', extension: true, description: 'For authentication oidc: who issued the token' },
  { name: 'audience', type: 'string', extension: true, description: 'For authentication oidc: whom the token is for' },
  {
    name: 'claims',
    type: 'map[string]',
    extension: true,
    description: 'For authentication oidc: what the token has to say of the sender; * stands for any characters',
  },
];

/** The fields beside `authentication` that each kind reads. */
export const fieldsOf: Readonly<Record<Authentication, readonly (keyof SenderConfig)[]>> = {
  none: ['secrets', 'headerName', 'issuer', 'audience', 'claims'],
  github: ['secrets'],
  nexus: ['secrets'],
  artifactory: ['secrets'],
  header: ['secrets', 'headerName'],
  standardWebhooks: ['secrets'],
  oidc: ['issuer', 'audience', 'claims'],
};
