import { nameAt, nameAtHub, type ImageName } from './image-name.ts';

/** What a package URL says of an image; absent parts are empty. */
export interface PackageImage {
  readonly name: ImageName;
  readonly tag: string;
  readonly digest: string;
}

/**
 * An image as a package URL: `pkg:oci/web@sha256%3A…?repository_url=registry.example.com/acme/web&tag=1.2` or
 * `pkg:docker/acme/web@1.2`. Undefined for a package of another type, and for what is no package URL.
 * @see https://github.com/package-url/purl-spec/blob/main/PURL-TYPES.rst
 */
export function parsePackageUrl(text: string): PackageImage | undefined {
  const [, type = '', path = '', version = '', query = ''] =
    /^pkg:\/*(oci|docker)\/([^@?#]+)(?:@([^?#]*))?(?:\?([^#]*))?/i.exec(text) ?? [];
  if (type === '') return undefined;
  const [name, decoded] = [decode(path), decode(version)];
  const qualifiers = new Map(
    query.split('&').map((pair) => [decode(pair.split('=', 1)[0] ?? ''), decode(pair.slice(pair.indexOf('=') + 1))]),
  );
  const isDigest = decoded.includes(':');
  return {
    name: nameOf(type.toLowerCase(), name, (qualifiers.get('repository_url') ?? '').replace(/^https?:\/\//, '')),
    // Only Docker's type has the tag as its version.
    tag: qualifiers.get('tag') ?? (isDigest || type.toLowerCase() === 'oci' ? '' : decoded),
    digest: isDigest ? decoded : '',
  };
}

/** The name of the type `oci` is the last part of the repository, which its URL has once more; that of `docker` is all of it. */
function nameOf(type: string, name: string, url: string): ImageName {
  if (url === '') return type === 'docker' ? nameAtHub(name) : nameAt(undefined, name);
  const base = url.endsWith('/') ? url.slice(0, -1) : url;
  const whole = base.endsWith(`/${name}`) ? base : `${base}/${name}`;
  return nameAt(whole.slice(0, whole.indexOf('/')), whole.slice(whole.indexOf('/') + 1));
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
