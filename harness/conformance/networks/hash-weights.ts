/** @file Generates weights that a pack describes by an integer hash of tensor name and index. */

/** value(i) = fround(base + 2 amplitude u), u in [-1/2, 1/2). */
export interface Spread {
  readonly base: number;
  readonly amplitude: number;
}

/**
 * The values of a tensor: u = hash(FNV1a32(name) xor seed + i 0x9e3779b1) / 2^32 - 1/2, hash being murmur3's finaliser.
 * @param size numbers in the tensor; i counts them in the layout of the pack, row-major
 */
export function hashWeights(name: string, seed: number, size: number, { base, amplitude }: Spread): Float32Array {
  const values = new Float32Array(size);
  let word = (fnv1a32(name) ^ seed) >>> 0;
  for (let i = 0; i < size; i++) {
    values[i] = base + 2 * amplitude * (murmurFinaliser(word) / 2 ** 32 - 0.5);
    word = (word + 0x9e3779b1) >>> 0;
  }
  return values;
}

function fnv1a32(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

function murmurFinaliser(word: number): number {
  let h = word;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
