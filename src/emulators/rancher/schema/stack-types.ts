import { defineResource, defineType, type TypeDefinition } from './type-definition.ts';

const plain = { output: 'stack' };

/** Stacks and what belongs to one: volumes, volume templates, secrets. */
export const stackTypes: readonly TypeDefinition[] = [
  defineResource({
    id: 'stack',
    idPrefix: 'st',
    methods: 'crud',
    processes: 'stack',
    columns: 'externalId healthState group system',
    actions: {
      activateservices: plain,
      addoutputs: { input: 'addOutputsInput', output: 'stack' },
      cancelupgrade: plain,
      create: plain,
      deactivateservices: plain,
      error: plain,
      exportconfig: { input: 'composeConfigInput', output: 'composeConfig' },
      finishupgrade: plain,
      remove: plain,
      rollback: plain,
      update: plain,
      upgrade: { input: 'stackUpgrade', output: 'stack' },
    },
    fields: `
      name                 string  cu required minLength=1 maxLength=63 validChars=a-zA-Z0-9-
      answers              map[json]    c
      binding              json    cu
      dockerCompose,rancherCompose  string c
      environment          map[string]  c
      externalId           string  cu
      group                string  cu
      healthState          enum    r
      outputs              map[string]  cu
      previousEnvironment  map[string]  cu
      previousExternalId   string  cu
      serviceIds           array[reference[service]] r
      startOnCreate        boolean c
      system               boolean r notnull default=false
      templates            map[string]  c
    `,
  }),
  defineType({
    id: 'stackUpgrade',
    methods: 'c',
    fields: `
      answers                       map[json]    c
      dockerCompose,rancherCompose  string       c
      environment,templates         map[string]  c
      externalId                    string       c
    `,
  }),
  defineType({ id: 'addOutputsInput', methods: 'c', fields: 'outputs map[string] c' }),
  defineType({ id: 'composeConfigInput', methods: 'c', fields: 'serviceIds array[reference[service]] c' }),
  defineType({ id: 'composeConfig', methods: '', fields: 'dockerComposeConfig,rancherComposeConfig string r' }),
  defineResource({
    id: 'volume',
    methods: 'crud',
    columns: 'externalId hostId stackId volumeTemplateId driver uri sizeMb',
    actions: { remove: { output: 'volume' }, update: { output: 'volume' } },
    fields: `
      name              string  c required minLength=1
      accessMode        string  r
      driver            string  c
      driverOpts        map[string] cu
      externalId        string  r
      hostId            reference[host] cu
      imageId           string  r
      instanceId        string  r
      isHostPath        boolean r
      mounts            array[json] r
      sizeMb            int     c
      stackId           reference[stack] c
      uri               string  r
      volumeTemplateId  reference[volumeTemplate] c
    `,
  }),
  defineResource({
    id: 'volumeTemplate',
    methods: 'crd',
    columns: 'stackId driver external perContainer',
    actions: { remove: { output: 'volumeTemplate' } },
    fields: `
      name          string  c required
      driver        string  c
      driverOpts    map[string] c
      external      boolean c default=false
      perContainer  boolean c default=false
      stackId       reference[stack] c required notnull
    `,
  }),
  defineResource({
    id: 'secret',
    idPrefix: 'se',
    methods: 'crud',
    actions: { remove: { output: 'secret' } },
    fields: `
      name   string  c required unique
      value  string  c once
    `,
  }),
];
