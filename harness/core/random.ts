/**
 * @file Philox4x32-10 random numbers, named by (seed, stream, step).
 *
 * The generator is the same on the host and on the device.
 *
 * A key comes from the seed and the name of the stream, a counter from the step and the position inside the step. Nothing
 * is carried from one draw to the next, so a resumed, replayed or differently batched run draws the same numbers.
 */
import { createHash } from 'node:crypto';
import { HarnessError } from './errors.ts';

/** The streams of the harness. A new purpose is a new name: no two purposes share numbers. */
export const streams = [
  'init',
  'data-order',
  'flip',
  'level',
  'noise',
  'dropout',
  'sample-latent',
  'sample-noise',
  'sample-label',
  'search-latent',
  'search-noise',
  'search-label',
  'features-init',
  'features-batch',
  'shapes-train',
  'shapes-held-out',
  'metrics-subset',
  'bootstrap',
] as const;

/** What is drawn for generated images; each draw of them beyond the first has streams of its own. */
type SampleStream = 'sample-latent' | 'sample-noise' | 'sample-label';

/** `sample-latent-2` is the latents of the second further draw; draw 0 has the plain name. */
export type Stream = (typeof streams)[number] | `${SampleStream}-${number}`;

/** The stream of a draw of samples. @param draw from 0 on */
export function streamOfDraw(stream: SampleStream, draw: number): Stream {
  return draw === 0 ? stream : `${stream}-${draw}`;
}

export function isStream(name: unknown): name is Stream {
  if (typeof name !== 'string') return false;
  return (streams as readonly string[]).includes(name) || /^sample-(latent|noise|label)-[1-9][0-9]*$/.test(name);
}

/** Two 32-bit words, low word first. */
export type PhiloxKey = readonly [number, number];

/**
 * The key of a stream: the first 8 bytes of sha256(`<seed>/<stream>`), little endian.
 * @param seed integer in [0, 2^53)
 */
export function streamKey(seed: number, stream: Stream): PhiloxKey {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new HarnessError({
      where: 'seed',
      got: seed,
      expected: 'an integer from 0 to 2^53 - 1',
      remedy: 'Choose another seed',
    });
  }
  const digest = createHash('sha256').update(`${seed}/${stream}`).digest();
  return [digest.readUInt32LE(0), digest.readUInt32LE(4)];
}

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
 * Host numbers of one (seed, stream, step): an endless sequence that starts anew at each step.
 * Counter layout: words 0-1 count blocks inside the step, words 2-3 hold the step.
 */
export class HostRandom {
  private readonly key: PhiloxKey;
  private readonly step: number;
  private readonly words = new Uint32Array(4);
  private block = 0;
  private used = 4;

  constructor(seed: number, stream: Stream, step: number) {
    this.key = streamKey(seed, stream);
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
