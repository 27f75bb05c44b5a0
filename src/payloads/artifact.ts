/** Manifests and configs of images, and the parts of media types that only they have. */
const image =
  /^application\/vnd\.(?:docker\.(?:container\.image|distribution\.manifest)|oci\.image\.(?:config|manifest|index))\b/;

/**
 * What a media type says was pushed, if not an image: a chart, a signature and a plugin are pushed as images are. The type may
 * be that of a manifest, of its config, or an OCI artifact type. Undefined for an image, and for what says nothing.
 */
export function artifactOf(mediaType: string): string | undefined {
  const type = mediaType.toLowerCase();
  if (type === '' || image.test(type) || !type.includes('/')) return undefined;
  if (type.includes('helm')) return 'a Helm chart';
  if (/cosign|sigstore|notary|signature/.test(type)) return 'a signature';
  if (/in-toto|spdx|cyclonedx|sbom/.test(type)) return 'an attestation';
  return `an artifact of type ${mediaType.slice(0, 100)}`;
}
