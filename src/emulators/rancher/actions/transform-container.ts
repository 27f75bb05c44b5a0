import { asNumber, asObject, asObjects, asString, asStrings, type JsonObject, type JsonValue } from '../../shared/json-value.ts';

/**
 * What Docker would be told (inspect form: Name, Config, HostConfig) as a Cattle container, for `POST …/scripts/transform`.
 * Deterministic, since rancher-compose hashes the answer; `logConfig` is always an object, since it crashes without one
 * (Cattle DockerTransformerImpl).
 */
export function transformContainer(inspect: JsonObject): JsonObject {
  const config = asObject(inspect['Config']);
  const host = asObject(inspect['HostConfig']);
  return {
    type: 'container',
    links: {},
    actions: {},
    baseType: 'instance',
    name: asString(inspect['Name'])?.replace(/^\//, '') || null,
    blkioWeight: numberOrNull(host['BlkioWeight']),
    capAdd: list(host['CapAdd']),
    capDrop: list(host['CapDrop']),
    cgroupParent: textOrNull(host['CgroupParent']),
    command: list(config['Cmd']),
    cpuPeriod: numberOrNull(host['CpuPeriod']),
    cpuQuota: numberOrNull(host['CpuQuota']),
    cpuSet: textOrNull(host['CpusetCpus']),
    cpuShares: numberOrNull(host['CpuShares'] ?? config['CpuShares']),
    dataVolumes: volumesOf(config, host),
    devices: asObjects(host['Devices']).map(deviceOf),
    dns: list(host['Dns']),
    dnsOpt: list(host['DnsOptions']),
    dnsSearch: list(host['DnsSearch']),
    domainName: textOrNull(config['Domainname']),
    entryPoint: list(config['Entrypoint']),
    environment: environmentOf(config['Env']),
    extraHosts: list(host['ExtraHosts']),
    groupAdd: list(host['GroupAdd']),
    hostname: textOrNull(config['Hostname']),
    imageUuid: imageOf(config['Image']),
    instanceTriggeredStop: 'stop',
    ipcMode: textOrNull(host['IpcMode']),
    kind: 'container',
    labels: asObject(config['Labels']),
    logConfig: logConfigOf(host['LogConfig']),
    memory: numberOrNull(host['Memory'] ?? config['Memory']),
    memoryReservation: numberOrNull(host['MemoryReservation']),
    memorySwap: numberOrNull(host['MemorySwap'] ?? config['MemorySwap']),
    networkMode: textOrNull(host['NetworkMode']) ?? 'bridge',
    pidMode: textOrNull(host['PidMode']),
    ports: portsOf(config, host),
    privileged: host['Privileged'] === true,
    publishAllPorts: host['PublishAllPorts'] === true,
    readOnly: host['ReadonlyRootfs'] === true,
    restartPolicy: restartPolicyOf(host['RestartPolicy']),
    securityOpt: list(host['SecurityOpt']),
    shmSize: numberOrNull(host['ShmSize']),
    startOnCreate: true,
    stdinOpen: config['OpenStdin'] === true,
    stopSignal: textOrNull(config['StopSignal']),
    sysctls: asObject(host['Sysctls']),
    tmpfs: asObject(host['Tmpfs']),
    tty: config['Tty'] === true,
    user: textOrNull(config['User']),
    volumeDriver: textOrNull(host['VolumeDriver']),
    workingDir: textOrNull(config['WorkingDir']),
  };
}

function textOrNull(value: JsonValue | undefined): string | null {
  return asString(value) || null;
}

function numberOrNull(value: JsonValue | undefined): number | null {
  return asNumber(value) || null;
}

function list(value: JsonValue | undefined): string[] | null {
  if (typeof value === 'string') return value === '' ? null : [value];
  const items = asStrings(value);
  return items.length === 0 ? null : items;
}

function imageOf(value: JsonValue | undefined): string | null {
  const image = textOrNull(value);
  return image === null || /^(docker|sim):/.test(image) ? image : `docker:${image}`;
}

function environmentOf(value: JsonValue | undefined): JsonObject {
  return Object.fromEntries(
    asStrings(value).map((entry) => {
      const at = entry.indexOf('=');
      return at < 0 ? [entry, ''] : [entry.slice(0, at), entry.slice(at + 1)];
    }),
  );
}

function volumesOf(config: JsonObject, host: JsonObject): string[] | null {
  const volumes = [...Object.keys(asObject(config['Volumes'])), ...asStrings(host['Binds'])];
  return volumes.length === 0 ? null : volumes;
}

function deviceOf(device: JsonObject): string {
  const permissions = asString(device['CgroupPermissions']) || 'rwm';
  return `${asString(device['PathOnHost']) ?? ''}:${asString(device['PathInContainer']) ?? ''}:${permissions}`;
}

/** `8080:80/tcp` for a published port, `80/tcp` for one without a host port or only exposed. */
function portsOf(config: JsonObject, host: JsonObject): string[] | null {
  const bindings = asObject(host['PortBindings']);
  const published = Object.entries(bindings).flatMap(([port, targets]) => {
    const all = asObjects(targets);
    return (all.length === 0 ? [{} as JsonObject] : all).map((target) => {
      const hostPort = textOrNull(target['HostPort']);
      const address = textOrNull(target['HostIp']);
      const withProtocol = port.includes('/') ? port : `${port}/tcp`;
      if (hostPort === null) return withProtocol;
      return `${address === null || address === '0.0.0.0' ? '' : `${address}:`}${hostPort}:${withProtocol}`;
    });
  });
  const exposed = Object.keys(asObject(config['ExposedPorts'])).filter((port) => !Object.hasOwn(bindings, port));
  const ports = [...published, ...exposed.map((port) => (port.includes('/') ? port : `${port}/tcp`))];
  return ports.length === 0 ? null : ports;
}

function restartPolicyOf(value: JsonValue | undefined): JsonObject | null {
  const policy = asObject(value);
  const name = textOrNull(policy['Name']);
  return name === null ? null : { type: 'restartPolicy', name, maximumRetryCount: asNumber(policy['MaximumRetryCount']) ?? 0 };
}

function logConfigOf(value: JsonValue | undefined): JsonObject {
  const config = asObject(value);
  return { type: 'logConfig', driver: asString(config['Type']) ?? '', config: asObject(config['Config']) };
}
