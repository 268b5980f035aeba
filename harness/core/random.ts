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
import { PhiloxRandom, type PhiloxKey } from './philox.ts';

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
  'features-noise',
  'shapes-train',
  'shapes-held-out',
  'shapes-encoder',
  'metrics-subset',
  'bootstrap',
  'scored-weights',
  'scored-images',
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

/** Host numbers of one (seed, stream, step): an endless sequence that starts anew at each step. */
export class HostRandom extends PhiloxRandom {
  constructor(seed: number, stream: Stream, step: number) {
    super(streamKey(seed, stream), step);
  }
}
