import { defineResource, defineType, type TypeDefinition } from './type-definition.ts';

const plain = { output: 'host' };

/** Flags of docker-machine's drivers as Rancher 1.6 publishes them for the four drivers it enables by default. */
const driverConfigs: readonly TypeDefinition[] = [
  defineType({
    id: 'digitaloceanConfig',
    methods: 'c',
    fields: `
      accessToken                       password c required
      image                             string   c default="ubuntu-16-04-x64"
      region                            string   c default="nyc3"
      size                              string   c default="1gb"
      sshKeyFingerprint,sshKeyPath,sshUser,tags,userdata  string c
      sshPort                           string   c default="22"
      backups,ipv6,monitoring,privateNetworking  boolean c default=false
    `,
  }),
  defineType({
    id: 'amazonec2Config',
    methods: 'c',
    fields: `
      accessKey                         string   c required
      secretKey,sessionToken            password c
      ami,deviceName,endpoint,iamInstanceProfile,keypairName,sshKeypath,subnetId,tags,userdata,volumeType,vpcId  string c
      instanceType                      string   c default="t2.micro"
      region                            string   c default="us-east-1"
      rootSize                          string   c default="16"
      securityGroup                     array[string] c
      sshUser                           string   c default="ubuntu"
      zone                              string   c default="a"
      monitoring,privateAddressOnly,requestSpotInstance,useEbsOptimizedInstance,usePrivateAddress  boolean c default=false
    `,
  }),
  defineType({
    id: 'azureConfig',
    methods: 'c',
    fields: `
      clientId                          string   c
      clientSecret                      password c
      subscriptionId                    string   c required
      availabilitySet,customData,dns,dockerPort,environment,privateIpAddress,resourceGroup,size,sshUser,storageType,subnet,subnetPrefix,vnet  string c
      image                             string   c default="canonical:UbuntuServer:16.04.0-LTS:latest"
      location                          string   c default="westus"
      openPort                          array[string] c
      noPublicIp,staticPublicIp,usePrivateIp  boolean c default=false
    `,
  }),
  defineType({
    id: 'packetConfig',
    methods: 'c',
    fields: `
      apiKey                            password c required
      projectId                         string   c required
      billingCycle                      string   c default="hourly"
      facilityCode                      string   c default="ewr1"
      os                                string   c default="ubuntu_16_04"
      plan                              string   c default="baremetal_0"
      userdata                          string   c
    `,
  }),
];

const engineFields = `
  authCertificateAuthority,authKey,dockerVersion,engineInstallUrl,engineStorageDriver  string  c
  digitaloceanConfig      digitaloceanConfig c
  amazonec2Config         amazonec2Config    c
  azureConfig             azureConfig        c
  packetConfig            packetConfig       c
  driver                  string       r
  engineEnv,engineLabel,engineOpt  map[string]  c
  engineInsecureRegistry,engineRegistryMirror  array[string]  c
  hostTemplateId          reference[hostTemplate] c
  labels                  map[string]  cu
`;

/** Hosts, the machines below them, templates to make them from, and the events that ask for their removal. */
export const hostTypes: readonly TypeDefinition[] = [
  ...driverConfigs,
  defineResource({
    id: 'host',
    methods: 'crud',
    processes: 'host',
    columns: 'computeTotal agentId physicalHostId agentState localStorageMb memory milliCpu stackId hostTemplateId',
    actions: {
      activate: plain,
      create: plain,
      deactivate: plain,
      dockersocket: { output: 'hostAccess' },
      error: plain,
      evacuate: plain,
      provision: plain,
      purge: plain,
      remove: plain,
      update: plain,
    },
    fields: `
      ${engineFields}
      agentId           string   r
      agentIpAddress    string   r
      agentState        string   r
      apiProxy          string   r
      computeTotal      int      r
      hostname          string   c required minLength=1 maxLength=255
      info              json     r
      instanceIds       array[reference[instance]] r
      localStorageMb,memory,milliCpu  int  cu
      physicalHostId    reference[machine] r
      publicEndpoints   array[publicEndpoint] r
      stackId           reference[stack] c
    `,
  }),
  defineResource({
    id: 'machine',
    base: 'physicalHost',
    methods: 'crd',
    columns: 'externalId driver hostTemplateId',
    actions: { remove: { output: 'physicalHost' } },
    fields: `
      name        string  c required minLength=1 maxLength=255
      ${engineFields}
      externalId  string  r
    `,
  }),
  defineResource({
    id: 'hostTemplate',
    methods: 'crud',
    columns: 'driver flavorPrefix',
    actions: { remove: { output: 'hostTemplate' } },
    fields: `
      driver        string     c
      flavorPrefix  string     c
      publicValues  map[json]  c
      secretValues  map[json]  c once
    `,
  }),
  defineResource({
    id: 'externalHostEvent',
    base: 'externalEvent',
    methods: 'cr',
    processes: 'externalEvent',
    columns: 'externalId eventType reportedAccountId',
    actions: { remove: { output: 'externalEvent' } },
    fields: `
      deleteHost         boolean          c notnull default=false
      eventType          string           c required
      externalId         string           c
      hostId             reference[host]  c
      hostLabel          string           c
      reportedAccountId  string           r
    `,
  }),
];
