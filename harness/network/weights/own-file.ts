/** @file Writes and reads weights in this project's own file, which shows whether it was changed. */
import { canonicalJson } from '../../core/canonical-json.ts';
import { DataError, described } from '../../core/errors.ts';
import { contentHash, tensorHashes } from '../../formats/content-hash.ts';
import {
  readSafetensors,
  writeSafetensors,
  type SafetensorsFile,
  type StoredTensor,
} from '../../formats/safetensors.ts';

type Metadata = Readonly<Record<string, string>>;

export function writeOwnWeights(
  path: string,
  tensors: readonly (readonly [string, StoredTensor])[],
  metadata: Metadata,
): void {
  writeSafetensors(path, tensors, { ...metadata, contentSha256: hashOf(metadata, tensors) });
}

/**
 * Reads a safetensors file; one that names the hash of its contents must have them.
 * @throws DataError when it cannot be read, or was changed after it was written
 */
export function readOwnWeights(path: string): SafetensorsFile {
  const { tensors, metadata } = readSafetensors(path);
  const { contentSha256, ...rest } = metadata;
  if (contentSha256 === undefined || contentSha256 === hashOf(rest, tensors)) return { tensors, metadata };
  throw new DataError({
    where: path,
    got: described('content that was changed after it was written'),
    expected: `sha256 ${contentSha256}`,
    remedy: 'Bring the file back, or train the cell again in a run with another --name',
  });
}

function hashOf(metadata: Metadata, tensors: Iterable<readonly [string, StoredTensor]>): string {
  return contentHash(canonicalJson(metadata), tensorHashes(tensors));
}
