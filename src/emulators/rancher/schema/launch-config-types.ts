import { defineResource, defineType, type TypeDefinition } from './type-definition.ts';

const capabilities =
  'ALL,AUDIT_CONTROL,AUDIT_WRITE,CHOWN,DAC_OVERRIDE,DAC_READ_SEARCH,FOWNER,FSETID,IPC_LOCK,IPC_OWNER,KILL,LEASE,LINUX_IMMUTABLE,' +
  'MAC_ADMIN,MAC_OVERRIDE,MKNOD,NET_ADMIN,NET_BIND_SERVICE,NET_BROADCAST,NET_RAW,SETFCAP,SETGID,SETPCAP,SETUID,SYSLOG,SYS_ADMIN,' +
  'SYS_BOOT,SYS_CHROOT,SYS_MODULE,SYS_NICE,SYS_PACCT,SYS_PTRACE,SYS_RAWIO,SYS_RESOURCE,SYS_TIME,SYS_TTY_CONFIG,WAKE_ALARM,BLOCK_SUSPEND';

/** What a container can be given when it is made, on its own or by a service. */
const containerSettings = `
  blkioDeviceOptions     map[json]        c
  blkioWeight            int              c min=0 max=1000
  build                  dockerBuild      c
  capAdd,capDrop         array[enum]      c options=${capabilities}
  cgroupParent,cpuSet,cpuSetMems,domainName,hostname,ip,ip6,ipcMode,isolation,networkContainerId,pidMode,stopSignal,user,usernsMode,uts,volumeDriver,workingDir  string c
  command,entryPoint,dataVolumes,dataVolumesFrom,devices,dns,dnsOpt,dnsSearch,expose,extraHosts,groupAdd,healthCmd,netAlias,ports,securityOpt  array[string] c
  cpuCount,cpuPercent,cpuPeriod,cpuQuota,cpuRealtimePeriod,cpuRealtimeRuntime,cpuShares,count,diskQuota,healthInterval,healthRetries,healthTimeout  int c
  ioMaximumBandwidth,ioMaximumIOps,kernelMemory,memory,memoryReservation,memorySwap,memorySwappiness,milliCpuReservation,oomScoreAdj,pidsLimit,shmSize,stopTimeout  int c
  environment            map[string]      c
  healthCheck            instanceHealthCheck c
  imageUuid              string           c
  instanceTriggeredStop  enum             c default="stop" options=stop,remove
  instanceLinks,dataVolumeMounts  map[json]  c
  labels,lxcConf,storageOpt,sysctls,tmpfs  map[string]  c
  logConfig              logConfig        c
  networkIds             array[string]    c
  networkMode            string           c
  oomKillDisable         boolean          c
  privileged,publishAllPorts,readOnly,runInit  boolean c default=false
  registryCredentialId   string           c
  requestedHostId        reference[host]  c
  requestedIpAddress     string           c
  secrets                array[secretReference] c
  startOnCreate          boolean          c default=true
  stdinOpen,tty          boolean          c default=false
  ulimits                array[ulimit]    c
`;

const launchConfig = defineType({
  id: 'launchConfig',
  methods: 'c',
  fields: `
    ${containerSettings}
    accountId,agentId,deploymentUnitUuid,externalId,healthState,hostId,token,uuid  string  r
    dataVolumesFromLaunchConfigs  array[string]  c
    description            string  c
    disks                  array[json]  c
    drainTimeoutMs         int     c default=0
    kind                   enum    c default="container" options=container,virtualMachine
    memoryMb               int     c
    networkLaunchConfig    string  c
    system                 boolean r default=false
    userdata               string  c
    vcpu                   int     c default=1
    version                string  r default="0"
  `,
});

const secondaryLaunchConfig = defineType({
  id: 'secondaryLaunchConfig',
  extends: [launchConfig],
  methods: 'c',
  fields: 'name string c required minLength=1 maxLength=63 validChars=a-zA-Z0-9-',
});

const container = defineResource({
  id: 'container',
  base: 'instance',
  idPrefix: 'i',
  methods: 'crud',
  processes: 'instance',
  columns: 'agentId deploymentUnitUuid externalId healthState hostId requestedHostId stackId serviceId system token version',
  fields: `
    ${containerSettings}
    agentId                string   r
    createIndex            int      r
    deploymentUnitUuid     string   r
    externalId             string   r
    firstRunning           date     r
    healthState            enum     r
    hostId                 reference[host] r
    mounts                 array[json] r
    nativeContainer        boolean  r default=false
    primaryIpAddress       string   r
    primaryNetworkId       string   r
    restartPolicy          restartPolicy c
    serviceId              reference[service] r
    serviceIds             array[reference[service]] r
    stackId                reference[stack] c
    startCount             int      r
    system                 boolean  r default=false
    token                  string   r
    userPorts              array[string] r
    version                string   r default="0"
  `,
  actions: {
    execute: { input: 'containerExec', output: 'hostAccess' },
    logs: { input: 'containerLogs', output: 'hostAccess' },
    proxy: { input: 'containerProxy', output: 'hostAccess' },
    purge: { output: 'instance' },
    remove: { output: 'instance' },
    restart: { output: 'instance' },
    start: { output: 'instance' },
    stop: { input: 'instanceStop', output: 'instance' },
    update: { output: 'instance' },
  },
});

/** Containers, and the configurations that containers are made from. */
export const launchConfigTypes: readonly TypeDefinition[] = [
  launchConfig,
  secondaryLaunchConfig,
  container,
  defineResource({
    id: 'instance',
    idPrefix: 'i',
    methods: 'r',
    processes: 'instance',
    fields: '',
    extends: [container],
  }),
  defineType({
    id: 'logConfig',
    methods: 'c',
    fields: `
      driver  string       c
      config  map[string]  c
    `,
  }),
  defineType({
    id: 'restartPolicy',
    methods: 'c',
    fields: `
      name               string c
      maximumRetryCount  int    c
    `,
  }),
  defineType({
    id: 'instanceHealthCheck',
    methods: 'c',
    fields: `
      healthyThreshold,unhealthyThreshold,initializingTimeout,interval,reinitializingTimeout,responseTimeout  int c min=1
      port                            int    c required min=1 max=65535
      name,requestLine                string c
      recreateOnQuorumStrategyConfig  json   c
      strategy                        enum   c options=none,recreate,recreateOnQuorum
    `,
  }),
  defineType({
    id: 'dockerBuild',
    methods: 'c',
    fields: `
      context,dockerfile,remote  string   c
      forcerm,nocache,rm         boolean  c default=false
    `,
  }),
  defineType({
    id: 'ulimit',
    methods: 'c',
    fields: `
      name       string c required
      hard,soft  int    c
    `,
  }),
  defineType({
    id: 'secretReference',
    methods: 'c',
    fields: `
      secretId             reference[secret] c required
      gid,mode,name,uid    string            c
    `,
  }),
  defineType({
    id: 'containerExec',
    methods: 'c',
    fields: `
      attachStdin,attachStdout  boolean       c default=true
      command                   array[string] c required
      tty                       boolean       c default=true
    `,
  }),
  defineType({
    id: 'containerLogs',
    methods: 'c',
    fields: `
      follow  boolean  c default=true
      lines   int      c default=100
      since   string   c
      timestamps boolean c default=true
    `,
  }),
  defineType({
    id: 'containerProxy',
    methods: 'c',
    fields: `
      port    int   c default=80 min=1 max=65535
      scheme  enum  c default="http" options=http,https
    `,
  }),
  defineType({
    id: 'instanceStop',
    methods: 'c',
    fields: `
      remove   boolean c default=false
      timeout  int     c default=10
    `,
  }),
  defineType({
    id: 'hostAccess',
    methods: '',
    fields: 'token,url string r',
  }),
];
