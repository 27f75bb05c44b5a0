import { type ActionTypes, defineResource, defineType, type TypeDefinition } from './type-definition.ts';

const plain = { output: 'service' };

const processActions: Readonly<Record<string, ActionTypes>> = {
  activate: plain,
  cancelupgrade: plain,
  continueupgrade: plain,
  create: plain,
  deactivate: plain,
  finishupgrade: plain,
  remove: plain,
  restart: { input: 'serviceRestart', output: 'service' },
  rollback: plain,
  update: plain,
  upgrade: { input: 'serviceUpgrade', output: 'service' },
};

const linkActions: Readonly<Record<string, ActionTypes>> = {
  addservicelink: { input: 'addRemoveServiceLinkInput', output: 'service' },
  removeservicelink: { input: 'addRemoveServiceLinkInput', output: 'service' },
  setservicelinks: { input: 'setServiceLinksInput', output: 'service' },
};

const shared = {
  base: 'service',
  methods: 'crud',
  processes: 'service',
  columns: 'stackId vip createIndex selectorLink selectorContainer externalId healthState system',
};

const service = defineResource({
  ...shared,
  id: 'service',
  actions: { ...processActions, ...linkActions },
  fields: `
    name                    string  cu required minLength=1 maxLength=63 validChars=a-zA-Z0-9-
    assignServiceIpAddress  boolean c notnull default=false
    createIndex             int     r
    currentScale            int     r
    externalId              string  c
    fqdn                    string  r
    healthState             enum    r
    instanceIds             array[reference[instance]] r
    launchConfig            launchConfig c
    lbConfig                lbTargetConfig cu
    linkedServices          map[reference[service]] r
    metadata                map[json] cu
    publicEndpoints         array[publicEndpoint] cu
    retainIp                boolean cu
    scale                   int     cu notnull default=1 min=0
    scalePolicy             scalePolicy cu
    secondaryLaunchConfigs  array[secondaryLaunchConfig] c
    selectorContainer,selectorLink  string cu
    stackId                 reference[stack] c required notnull
    startOnCreate           boolean c default=false
    system                  boolean r notnull default=false
    upgrade                 serviceUpgrade r
    vip                     string  c
  `,
});

const notOnAliases = [
  'scale',
  'secondaryLaunchConfigs',
  'vip',
  'createIndex',
  'selectorContainer',
  'scalePolicy',
  'currentScale',
  'lbConfig',
];

/** Services of every kind and what their actions take. */
export const serviceTypes: readonly TypeDefinition[] = [
  service,
  defineResource({
    ...shared,
    id: 'loadBalancerService',
    extends: [service],
    without: ['secondaryLaunchConfigs', 'createIndex', 'selectorContainer'],
    actions: { ...processActions, ...linkActions },
    fields: `
      lbConfig      lbConfig      cu
      launchConfig  launchConfig  cu
    `,
  }),
  defineResource({
    ...shared,
    id: 'dnsService',
    extends: [service],
    without: [...notOnAliases, 'publicEndpoints'],
    actions: { ...processActions, ...linkActions },
    fields: '',
  }),
  defineResource({
    ...shared,
    id: 'externalService',
    extends: [service],
    without: [...notOnAliases, 'publicEndpoints', 'selectorLink', 'retainIp', 'assignServiceIpAddress'],
    actions: processActions,
    fields: `
      externalIpAddresses  array[string]        cu
      healthCheck          instanceHealthCheck  c
      hostname             string               cu
    `,
  }),
  defineResource({
    ...shared,
    id: 'kubernetesService',
    extends: [service],
    without: [
      ...notOnAliases,
      'launchConfig',
      'metadata',
      'publicEndpoints',
      'retainIp',
      'selectorLink',
      'startOnCreate',
      'upgrade',
    ],
    methods: 'r',
    actions: {},
    fields: `
      selectorContainer  string  r
      template           json    r
      vip                string  r
    `,
  }),
  defineResource({
    id: 'serviceConsumeMap',
    methods: 'r',
    columns: 'serviceId consumedServiceId',
    actions: { remove: { output: 'serviceConsumeMap' } },
    fields: `
      consumedServiceId  reference[service]  r
      ports              array[string]       r
      serviceId          reference[service]  r
    `,
  }),
  defineType({
    id: 'serviceProxy',
    plural: 'serviceProxies',
    methods: 'cr',
    fields: `
      port     int     c
      scheme   string  c
      service  string  c
      token    string  r
      url      string  r
    `,
  }),
];
