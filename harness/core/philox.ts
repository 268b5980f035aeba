/**
 * @file Philox4x32-10 as pure arithmetic: one block, and the sequence of numbers of a key and a step.
 *
 * Nothing of Node.js is used, so that a page in a browser draws the same numbers.
 */

/** Two 32-bit words, low word first. */
export type PhiloxKey = readonly [number, number];

/**
 * One block of Philox4x32-10: four uniform 32-bit words from a 64-bit key and a 128-bit counter, written into `out`.
 * Source: Salmon, Moraes, Dror & Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011, section 4.
 */
export function philox4x32(key: PhiloxKey, c0: number, c1: number, c2: number, c3: number, out: Uint32Array): void {
  let k0 = key[0];
  let k1 = key[1];
  let x0 = c0 >>> 0;
  let x1 = c1 >>> 0;
  let x2 = c2 >>> 0;
  let x3 = c3 >>> 0;
  for (let round = 0; round < 10; round++) {
    const high0 = mulHigh(0xd2511f53, x0);
    const low0 = Math.imul(0xd2511f53, x0) >>> 0;
    const high1 = mulHigh(0xcd9e8d57, x2);
    const low1 = Math.imul(0xcd9e8d57, x2) >>> 0;
    x0 = (high1 ^ x1 ^ k0) >>> 0;
    x1 = low1;
    x2 = (high0 ^ x3 ^ k1) >>> 0;
    x3 = low0;
    k0 = (k0 + 0x9e3779b9) >>> 0;
    k1 = (k1 + 0xbb67ae85) >>> 0;
  }
  out[0] = x0;
  out[1] = x1;
  out[2] = x2;
  out[3] = x3;
}

/** High 32 bits of the unsigned product of two 32-bit words, without BigInt. */
function mulHigh(a: number, b: number): number {
  const a0 = a & 0xffff;
  const a1 = a >>> 16;
  const b0 = b & 0xffff;
  const b1 = b >>> 16;
  const middle = a1 * b0 + Math.floor((a0 * b0) / 65536);
  const cross = a0 * b1 + (middle % 65536);
  return (a1 * b1 + Math.floor(middle / 65536) + Math.floor(cross / 65536)) >>> 0;
}

/**
 * Numbers of one key and one step: an endless sequence that starts anew at each step.
 * Counter layout: words 0-1 count blocks inside the step, words 2-3 hold the step.
 */
export class PhiloxRandom {
  private readonly key: PhiloxKey;
  private readonly step: number;
  private readonly words = new Uint32Array(4);
  private block = 0;
  private used = 4;

  constructor(key: PhiloxKey, step: number) {
    this.key = key;
    this.step = step;
  }

  /** Uniform in {0, ..., 2^32 - 1}. */
  uint32(): number {
    if (this.used === 4) {
      philox4x32(
        this.key,
        this.block >>> 0,
        Math.floor(this.block / 2 ** 32),
        this.step >>> 0,
        Math.floor(this.step / 2 ** 32),
        this.words,
      );
      this.block += 1;
      this.used = 0;
    }
    return this.words[this.used++]!;
  }

  /** Uniform in [0, 1) with 53 bits. */
  uniform(): number {
    const high = this.uint32() >>> 5;
    const low = this.uint32() >>> 6;
    return (high * 67108864 + low) / 9007199254740992;
  }

  /** Uniform in {0, ..., bound - 1}, unbiased (rejection); `bound` from 1 to 2^32. */
  below(bound: number): number {
    const limit = 4294967296 - (4294967296 % bound);
    for (;;) {
      const word = this.uint32();
      if (word < limit) return word % bound;
    }
  }

  /** Standard normal, float64, by Box-Muller; one of the pair is thrown away so that positions stay countable. */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return radius * Math.cos(2 * Math.PI * this.uniform());
  }

  /** A permutation of 0 ... length - 1 (Fisher-Yates). */
  permutation(length: number): Uint32Array {
    const order = Uint32Array.from({ length }, (_, i) => i);
    for (let i = length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      const swap = order[i]!;
      order[i] = order[j]!;
      order[j] = swap;
    }
    return order;
  }
}

/**
 * A key from a seed and the parts of a name, such as a row and a purpose: a chain of Philox blocks over the characters of the name, each keyed
 * by the block before it. Where the name is a stream of the harness, `streamKey` of random.ts gives its key.
 * @param seed integer in [0, 2^53)
 */
export function namedKey(seed: number, ...parts: readonly (string | number)[]): PhiloxKey {
  const out = new Uint32Array(4);
  philox4x32([seed >>> 0, Math.floor(seed / 2 ** 32)], 0, 0, 0, 0, out);
  // A separator that no name holds, so that ('ab', 'c') and ('a', 'bc') are two names.
  for (const character of parts.join('\u0000')) {
    philox4x32([out[0]!, out[1]!], character.codePointAt(0)!, 1, out[2]!, out[3]!, out);
  }
  return [out[0]!, out[1]!];
}
