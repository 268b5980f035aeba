/** @file Default engine settings of a plan. */
import type { Recipe } from '../recipe/types.ts';
import { activationBytes } from '../network/activations.ts';
import { trainingBytes } from './cost.ts';
import { largestDivisor } from './resolve.ts';
import type { EngineSettings, GroupNormKind } from './types.ts';

/** Images per pass at most, where memory would allow more and no check has measured the device: first values, not tuned. */
const passImages = { cpu: 64, gpu: 128 } as const;

/** What the activations of a pass may fill: half of a data-centre GPU of 80 GB, and what a workstation can spare. */
const passBytes = { cpu: 8 * 2 ** 30, gpu: 40 * 2 ** 30 } as const;

/** The share of a GPU's memory that tensors may fill; the rest is CUDA's own, workspace of convolutions, and gaps between tensors. */
const tensorShare = 0.9;

/** Bytes of the tensors of a GPU that has `deviceBytes`. */
export function tensorBytes(deviceBytes: number): number {
  return tensorShare * deviceBytes;
}

/** What a check of the device measured. */
export interface MeasuredDefaults {
  /** Whether XLA made the step quicker. */
  readonly xla: boolean;
  /** Images of the pass beyond which steps become no quicker; null where none fitted. */
  readonly passImages: number | null;
}

/** What may be asked for. */
export type AskedSettings = Partial<Omit<EngineSettings, 'groupNorm'>> &
  Pick<EngineSettings, 'device'> & { readonly groupNorm?: GroupNormKind | undefined };

/**
 * Compiled, deterministic, float32 (rounded to TensorFloat-32 inside matrix products on a GPU), in passes of at most 64 images on a CPU
 * and 128 on a GPU, with this project's group normalisation where there is one (on a CPU, outside XLA); XLA and the pass as a check of the device measured them, where there is one.
 * @param asked what was asked for; it wins
 * @param recipe where given, a pass is also kept small enough for its activations to fit, by estimate
 * @param deviceBytes memory of the GPU, where it is known: the pass fits beside what training holds anyhow
 * @param measured by a check of the device
 */
export function engineSettings(
  batchImages: number,
  { groupNorm, ...asked }: AskedSettings,
  recipe?: Recipe,
  deviceBytes?: number,
  measured?: MeasuredDefaults,
): EngineSettings {
  const { device } = asked;
  const settings = {
    mode: 'compiled',
    precision: 'float32',
    // Unmeasured it stays off: on a CPU it is slower. Op by op there is nothing that it could compile.
    xla: measured?.xla === true && asked.mode !== 'eager',
    tf32: device === 'gpu',
    deterministic: true,
    recompute: false,
    ...asked,
  } as const;
  const fitting = recipe
    ? Math.floor(roomForPass(recipe, device, deviceBytes, measured) / activationBytes(recipe, settings))
    : Infinity;
  const images = Math.max(1, Math.min(measured?.passImages ?? passImages[device], fitting));
  // The operation is written for processors, and XLA compiles none but TensorFlow's own.
  const native = groupNorm !== 'plain' && device === 'cpu' && !settings.xla;
  return { microBatchImages: largestDivisor(batchImages, images), ...settings, ...(native && { groupNorm: 'native' }) };
}

function roomForPass(
  recipe: Recipe,
  device: EngineSettings['device'],
  deviceBytes = Infinity,
  measured?: MeasuredDefaults,
): number {
  const { state, gradients } = trainingBytes(recipe);
  // Where the device was measured its memory is the only limit.
  const most = measured && deviceBytes < Infinity ? Infinity : passBytes[device];
  return Math.min(most, tensorBytes(deviceBytes) - state - gradients);
}
