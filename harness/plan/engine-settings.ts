/** @file The engine settings of a plan where nobody asks for others. */
import type { Recipe } from '../recipe/types.ts';
import { activationBytes } from '../network/activations.ts';
import { largestDivisor } from './resolve.ts';
import type { EngineSettings } from './types.ts';

/** Images per pass at most, where memory would allow more: first values, not tuned. */
const passImages = { cpu: 64, gpu: 128 } as const;

/** What the activations of a pass may fill: half of a data-centre GPU of 80 GB, and what a workstation can spare. */
const passBytes = { cpu: 8 * 2 ** 30, gpu: 40 * 2 ** 30 } as const;

/**
 * Compiled, deterministic, float32 (rounded to TensorFloat-32 inside matrix products on a GPU), in passes of at most 64 images on a CPU
 * and 128 on a GPU.
 * @param asked what was asked for; it wins
 * @param recipe where given, a pass is also kept small enough for its activations to fit, by estimate
 */
export function engineSettings(
  batchImages: number,
  asked: Partial<EngineSettings> & Pick<EngineSettings, 'device'>,
  recipe?: Recipe,
): EngineSettings {
  const { device } = asked;
  const settings = {
    mode: 'compiled',
    precision: 'float32',
    // XLA waits for measurements on a GPU; on a CPU it is slower.
    xla: false,
    tf32: device === 'gpu',
    deterministic: true,
    recompute: false,
    ...asked,
  } as const;
  const fitting = recipe ? Math.floor(passBytes[device] / activationBytes(recipe, settings)) : Infinity;
  const images = Math.max(1, Math.min(passImages[device], fitting));
  return { microBatchImages: largestDivisor(batchImages, images), ...settings };
}
