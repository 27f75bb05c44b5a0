import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';

export interface OciImageOptions {
  /** What tells this image from another: it stands in its only file. */
  readonly content: string;
  /** Architectures; with several the image is an index. */
  readonly architectures?: readonly string[];
}

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

const media = (name: string): string => `application/vnd.oci.image.${name}`;

/**
 * Writes an image as an OCI layout, without a registry and without a container.
 * @returns the digest of its manifest, or of its index.
 */
export async function writeOciLayout(folder: string, { content, architectures = ['amd64'] }: OciImageOptions): Promise<string> {
  const blobs = path.join(folder, 'blobs/sha256');
  await mkdir(blobs, { recursive: true });
  const blob = async (mediaType: string, data: Buffer | object): Promise<Descriptor> => {
    const bytes = Buffer.isBuffer(data) ? data : Buffer.from(JSON.stringify(data));
    const hex = sha256(bytes);
    await writeFile(path.join(blobs, hex), bytes);
    return { mediaType, digest: `sha256:${hex}`, size: bytes.length };
  };
  const manifests = [];
  for (const architecture of architectures) {
    const platform = { os: 'linux', architecture };
    const files = tarOf('hello.txt', Buffer.from(`${content} ${architecture}`));
    const layer = await blob(media('layer.v1.tar+gzip'), gzipSync(files));
    const rootfs = { type: 'layers', diff_ids: [`sha256:${sha256(files)}`] };
    const config = await blob(media('config.v1+json'), { ...platform, rootfs, config: {} });
    const manifest = { schemaVersion: 2, mediaType: media('manifest.v1+json'), config, layers: [layer] };
    manifests.push({ ...(await blob(media('manifest.v1+json'), manifest)), platform });
  }
  const [single] = manifests;
  const index = { schemaVersion: 2, mediaType: media('index.v1+json'), manifests };
  const image = manifests.length === 1 && single ? single : await blob(media('index.v1+json'), index);
  await writeFile(path.join(folder, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [image] }));
  await writeFile(path.join(folder, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
  return image.digest;
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

const block = 512;

/** A tar archive of one file. */
function tarOf(name: string, content: Buffer): Buffer {
  const header = Buffer.alloc(block);
  const octal = (value: number, digits: number): string => `${value.toString(8).padStart(digits, '0')}\0`;
  header.write(name, 0);
  header.write(octal(0o644, 7) + octal(0, 7) + octal(0, 7) + octal(content.length, 11) + octal(0, 11), 100);
  header.write(' '.repeat(8), 148);
  header.write('0', 156);
  header.write('ustar\u000000', 257);
  // The sum of the header's bytes, with blanks in its own place.
  header.write(
    octal(
      header.reduce((sum, byte) => sum + byte, 0),
      6,
    ) + ' ',
    148,
  );
  return Buffer.concat([header, content, Buffer.alloc(block - (content.length % block) + 2 * block)]);
}
