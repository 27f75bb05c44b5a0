/** The addresses that follow from CATTLE_URL. */
export interface RancherUrl {
  /** Scheme, host, port and any prefix path before the version; no slash at the end. */
  readonly root: string;
  /** `<root>/v2-beta`; genericObject and externalHostEvent exist in that version alone. */
  readonly api: string;
}

/**
 * Rancher passes `http://localhost:8080/v1`; people also give the server's bare address, `/v2-beta`, `/v2-beta/schemas` or
 * `/v1/projects/1a5`. As in go-rancher's NormalizeUrl, `v1` and an empty path mean `v2-beta`.
 */
export function parseRancherUrl(cattleUrl: string): RancherUrl {
  const url = new URL(cattleUrl);
  const prefix = url.pathname.replace(/\/(?:v1|v2-beta)(?:\/.*)?$/, '').replace(/\/+$/, '');
  const root = url.origin + prefix;
  return { root, api: `${root}/v2-beta` };
}
