/** @file sha256 of named tensors and of what is noted beside them, by which a file shows that it was changed. */
import { createHash } from 'node:crypto';
import type { StoredTensor } from './safetensors.ts';

/** sha256 of each tensor with its type and shape, by name. */
export type TensorHashes = ReadonlyMap<string, string>;

export function tensorHashes(tensors: Iterable<readonly [string, StoredTensor]>): TensorHashes {
  const hashOf = ({ dtype, shape, bytes }: StoredTensor): string =>
    createHash('sha256')
      .update(`${dtype} ${shape.join(',')}\n`)
      .update(bytes)
      .digest('hex');
  return new Map([...tensors].map(([name, tensor]) => [name, hashOf(tensor)]));
}

/** sha256 of everything in a file: what was noted, and every tensor. */
export function contentHash(notes: string, hashes: TensorHashes): string {
  const hash = createHash('sha256').update(`${notes}\n`);
  for (const [name, sha] of hashes) hash.update(`${name} ${sha}\n`);
  return hash.digest('hex');
}
