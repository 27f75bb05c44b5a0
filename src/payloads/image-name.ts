/** A repository and where it is. */
export interface ImageName {
  /** Absent where nothing says it. */
  readonly registry: string | undefined;
  readonly repository: string;
  /** As one text, as it was spelled: without a host for Docker Hub. */
  readonly spelled: string;
}

/** A name that Docker could pull from, taken apart; what has no host is at Docker Hub. */
export function nameAtHub(name: string): ImageName {
  return withRegistry(name) ?? { registry: 'docker.io', repository: name, spelled: name };
}

/** A name of a registry that is told apart from it; undefined where it is not known. A name may have its own host all the same. */
export function nameAt(registry: string | undefined, repository: string): ImageName {
  const host = hostOf(registry ?? '');
  if (host === '') return withRegistry(repository) ?? { registry: undefined, repository, spelled: repository };
  const path = repository.startsWith(`${host}/`) ? repository.slice(host.length + 1) : repository;
  return { registry: host, repository: path, spelled: host === 'docker.io' ? path : `${host}/${path}` };
}

/** An image with its tag and its digest, taken apart by its marks alone: whether they are valid is looked at later. */
export function splitReference(reference: string): { name: string; tag: string; digest: string } {
  const at = reference.indexOf('@');
  const tagged = at < 0 ? reference : reference.slice(0, at);
  const colon = tagged.indexOf(':', tagged.lastIndexOf('/') + 1);
  return {
    name: colon < 0 ? tagged : tagged.slice(0, colon),
    tag: colon < 0 ? '' : tagged.slice(colon + 1),
    digest: at < 0 ? '' : reference.slice(at + 1),
  };
}

/** The host with its port of a URL, or of what was meant to be one: `https://host:5000/v2/` gives `host:5000`. */
export function hostOf(url: string): string {
  const [host = ''] = withoutScheme(url).split(/[/?#]/, 1);
  // What stands before an @ is a credential.
  return host.slice(host.lastIndexOf('@') + 1);
}

/** What stands behind the `https://` of a URL. */
export function withoutScheme(url: string): string {
  return url.replace(/^[a-z][a-z0-9+.-]*:\/\//i, '');
}

/**
 * As Docker does: the first path component is a host if it has a dot or a colon or is `localhost`.
 * @see https://pkg.go.dev/github.com/distribution/reference#ParseNormalizedNamed
 */
function withRegistry(name: string): ImageName | undefined {
  const slash = name.indexOf('/');
  const first = slash < 0 ? '' : name.slice(0, slash);
  if (!/[.:]/.test(first) && first !== 'localhost') return undefined;
  return { registry: first, repository: name.slice(slash + 1), spelled: name };
}
