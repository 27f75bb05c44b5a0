import { defineType, type TypeDefinition } from './type-definition.ts';

/** Parts of services and inputs of their actions; none of them has rows. */
export const serviceInputTypes: readonly TypeDefinition[] = [
  defineType({
    id: 'serviceUpgrade',
    methods: 'c',
    fields: `
      inServiceStrategy  inServiceUpgradeStrategy  c
      toServiceStrategy  toServiceUpgradeStrategy  c
    `,
  }),
  defineType({
    id: 'inServiceUpgradeStrategy',
    plural: 'inServiceUpgradeStrategies',
    methods: 'c',
    fields: `
      batchSize                       int      c default=1 min=1
      intervalMillis                  int      c default=2000 min=100
      launchConfig                    launchConfig c
      previousLaunchConfig            launchConfig r
      previousSecondaryLaunchConfigs  array[secondaryLaunchConfig] r
      secondaryLaunchConfigs          array[secondaryLaunchConfig] c
      startFirst                      boolean  c default=false
    `,
  }),
  defineType({
    id: 'toServiceUpgradeStrategy',
    plural: 'toServiceUpgradeStrategies',
    methods: 'c',
    fields: `
      batchSize            int      c default=1 min=1
      finalScale           int      c min=0
      intervalMillis       int      c default=2000 min=100
      toServiceId          reference[service] c required
      updateLinks          boolean  c default=false
    `,
  }),
  defineType({ id: 'serviceRestart', methods: 'c', fields: 'rollingRestartStrategy rollingRestartStrategy c' }),
  defineType({
    id: 'rollingRestartStrategy',
    plural: 'rollingRestartStrategies',
    methods: 'c',
    fields: `
      batchSize       int c default=1 min=1
      intervalMillis  int c default=2000 min=100
    `,
  }),
  defineType({ id: 'setServiceLinksInput', methods: 'c', fields: 'serviceLinks array[serviceLink] c' }),
  defineType({ id: 'addRemoveServiceLinkInput', methods: 'c', fields: 'serviceLink serviceLink c required' }),
  defineType({
    id: 'serviceLink',
    methods: 'c',
    fields: `
      name       string              c validChars=a-zA-Z0-9-._
      serviceId  reference[service]  c
    `,
  }),
  defineType({
    id: 'scalePolicy',
    methods: 'c',
    fields: `
      increment  int c default=1 min=1
      max,min    int c min=1
    `,
  }),
  defineType({ id: 'lbTargetConfig', methods: '', fields: 'portRules array[targetPortRule] cu' }),
  defineType({
    id: 'lbConfig',
    methods: '',
    fields: `
      certificateIds        array[string]    cu
      config                string           cu
      defaultCertificateId  string           cu
      portRules             array[portRule]  cu
      stickinessPolicy      json             cu
    `,
  }),
  defineType({
    id: 'portRule',
    methods: '',
    fields: `
      backendName,hostname,path,selector  string  cu
      priority                            int     cu
      protocol                            enum    cu options=http,https,tcp,tls,sni,udp
      serviceId                           reference[service] cu
      sourcePort,targetPort               int     cu min=1 max=65535
    `,
  }),
  defineType({
    id: 'targetPortRule',
    methods: '',
    fields: `
      backendName,hostname,path  string  cu
      targetPort                 int     cu min=1 max=65535
    `,
  }),
  defineType({
    id: 'publicEndpoint',
    methods: '',
    fields: `
      hostId      reference[host]      cu
      instanceId  reference[instance]  cu
      ipAddress   string               cu
      port        int                  cu
      serviceId   reference[service]   cu
    `,
  }),
];
