/** @file The engine settings of a plan where nobody asks for others. */
import { largestDivisor } from './resolve.ts';
import type { EngineSettings } from './types.ts';

/** Images per pass when nothing else is said: what fits a data-centre GPU with every network here, and keeps a CPU busy. */
const passImages = { cpu: 64, gpu: 128 } as const;

/**
 * Compiled, deterministic, float32 (rounded to TensorFloat-32 inside matrix products on a GPU), in passes of at most 64 images on a CPU
 * and 128 on a GPU.
 * @param asked what was asked for; it wins
 */
export function engineSettings(
  batchImages: number,
  asked: Partial<EngineSettings> & Pick<EngineSettings, 'device'>,
): EngineSettings {
  const gpu = asked.device === 'gpu';
  return {
    mode: 'compiled',
    precision: 'float32',
    // XLA waits for measurements on a GPU; on a CPU it is slower.
    xla: false,
    tf32: gpu,
    deterministic: true,
    microBatchImages: largestDivisor(batchImages, passImages[asked.device]),
    recompute: false,
    ...asked,
  };
}
