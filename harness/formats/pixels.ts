/** @file Converts pixels from uint8 to float32 in [-1, 1] and back, as the authors' loaders and samplers do. */
import { DivergenceError, described } from '../core/errors.ts';
import type { Quantisation } from '../core/quantisation.ts';

/**
 * float32[256]: the number in [-1, 1] of each byte u, `u / 127.5 - 1`, every operation rounded to float32.
 * Source: openai/consistency_models `cm/image_datasets.py`. The form of openai/consistency_models_cifar10 `jcm/datasets.py`,
 * `(u / 255 - 0.5) / 0.5`, gives the same bits, because doubling is exact.
 */
export function pixelValues(): Float32Array {
  return Float32Array.from({ length: 256 }, (_, byte) => Math.fround(byte / 127.5) - 1);
}

/**
 * Turns generated images into uint8.
 *
 * - `truncate`: floor(clamp((x + 1) * 127.5, 0, 255)), of openai/consistency_models `scripts/image_sample.py`; identical in float32
 *   to clip((x + 1) / 2 * 255, 0, 255) of openai/consistency_models_cifar10 `jcm/evaluate.py`. CT and iCT are scored so.
 * - `round`: floor(clamp(x * 127.5 + 128, 0, 255)), of EDM's `generate.py`.
 *
 * @param values float32 of any shape; the bytes keep the order
 * @throws DivergenceError with the count when values are NaN or infinite: the tools above turn NaN into 0 without a word.
 */
export function quantise(values: Float32Array, how: Quantisation): Uint8Array {
  const bytes = new Uint8Array(values.length);
  let notFinite = 0;
  for (let i = 0; i < values.length; i++) {
    const x = values[i]!;
    // NaN and the infinities, and nothing else, differ from themselves after x - x.
    if (x - x !== 0) notFinite += 1;
    const scaled =
      how === 'truncate' ? Math.fround(Math.fround(x + 1) * 127.5) : Math.fround(Math.fround(x * 127.5) + 128);
    bytes[i] = scaled <= 0 ? 0 : scaled >= 255 ? 255 : scaled;
  }
  if (notFinite > 0) {
    throw new DivergenceError({
      where: 'generated images',
      got: described(`${notFinite} of ${values.length} values that are not finite`),
      expected: 'finite values only',
      remedy: 'Sample from an earlier checkpoint; the weights of this one have diverged',
    });
  }
  return bytes;
}

/** Three planes (all red, all green, all blue) to pixels (red, green, blue of each): uint8[3, n] to uint8[n, 3]. */
export function interleave(planes: Uint8Array): Uint8Array {
  const count = planes.length / 3;
  const pixels = new Uint8Array(planes.length);
  for (let i = 0; i < count; i++) {
    pixels[3 * i] = planes[i]!;
    pixels[3 * i + 1] = planes[count + i]!;
    pixels[3 * i + 2] = planes[2 * count + i]!;
  }
  return pixels;
}
