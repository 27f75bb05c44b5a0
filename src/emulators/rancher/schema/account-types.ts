import { defineResource, defineType, type TypeDefinition } from './type-definition.ts';

const plain = { output: 'account' };

/** Accounts, projects (which are accounts), their keys, and server-wide settings. */
export const accountTypes: readonly TypeDefinition[] = [
  defineResource({
    id: 'account',
    methods: 'r',
    processes: 'account',
    columns: 'externalId externalIdType healthState version',
    fields: 'externalId,externalIdType,identity,version string r',
  }),
  defineResource({
    id: 'project',
    base: 'account',
    methods: 'crud',
    processes: 'account',
    columns: 'healthState projectTemplateId defaultNetworkId version',
    actions: {
      activate: plain,
      deactivate: plain,
      purge: plain,
      remove: plain,
      setmembers: { input: 'setProjectMembersInput', output: 'setProjectMembersInput' },
      update: plain,
      upgrade: plain,
    },
    fields: `
      allowSystemRole         boolean  r default=false
      defaultNetworkId        string   r
      healthState             enum     r
      hostRemoveDelaySeconds  int      cu min=0
      members                 array[projectMember] c
      orchestration           string   r
      projectLinks            array[string] r
      projectTemplateId       string   c
      servicesPortRange       servicesPortRange cu
      version                 string   r
      virtualMachine          boolean  cu default=false
    `,
  }),
  defineResource({
    id: 'projectTemplate',
    methods: 'r',
    columns: 'externalId',
    fields: `
      externalId  string      r
      isPublic    boolean     r
      stacks      array[json] r
    `,
  }),
  defineType({ id: 'setProjectMembersInput', methods: 'c', fields: 'members array[projectMember] c' }),
  defineType({
    id: 'projectMember',
    methods: 'c',
    fields: `
      externalId      string  c required
      externalIdType  string  c required
      name            string  c
      projectId       reference[project] c
      role            enum    c required options=owner,member,restricted,readonly
    `,
  }),
  defineType({
    id: 'servicesPortRange',
    methods: 'c',
    fields: `
      endPort    int c default=65535 min=1 max=65535
      startPort  int c default=49153 min=1 max=65535
    `,
  }),
  defineResource({
    id: 'apiKey',
    base: 'credential',
    methods: 'crud',
    processes: 'credential',
    columns: 'publicValue',
    actions: {
      activate: { output: 'credential' },
      deactivate: { output: 'credential' },
      purge: { output: 'credential' },
      remove: { output: 'credential' },
      update: { output: 'credential' },
    },
    fields: `
      accountId    reference[account] c
      publicValue  string  r
      secretValue  password r once
    `,
  }),
  defineType({
    id: 'setting',
    methods: 'ru',
    columns: 'id name value',
    fields: `
      id           string   r
      activeValue  string   r
      inDb         boolean  r
      name         string   r
      source       string   r
      value        string   u
    `,
  }),
];
