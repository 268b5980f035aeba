/** @file Draws samples of a cell: uint8 images by one of its samplers, named by seed, draw and number. */
import type * as tf from '@tensorflow/tfjs-core';
import { quantise } from '../formats/pixels.ts';
import type { ParameterLayout } from '../network/flat.ts';
import type { BuiltNetwork } from '../network/network.ts';
import type { Plan } from '../plan/types.ts';
import { Sampler, sampleStreams } from '../sample/sampler.ts';

/** What samples are drawn with. */
export interface Drawing {
  readonly plan: Plan;
  readonly sampler: Pick<Sampler, 'sample' | 'dispose'>;
}

export interface DrawRequest {
  /** The levels that the sampler visits. */
  readonly sigmas: readonly number[];
  readonly images: number;
  /** Which draw of latents; 0 is the registered one. */
  readonly draw: number;
  readonly onImages?: (done: number) => void;
}

/** Images per call of the sampler; samples do not depend on it. */
export const sampleBatchImages = 250;

/** The sampler of a cell, as its plan says. */
export function cellSampler(
  { recipe, engine }: Plan,
  layout: ParameterLayout,
  network: BuiltNetwork['network'],
): Drawing['sampler'] {
  const { mode, precision, xla } = engine;
  return new Sampler({ recipe, layout, network, batchImages: sampleBatchImages, mode, precision, xla });
}

/** Images per part of a draw: some hundred megabytes in float32 at 64x64, and a multiple of the sampler's batch. */
const drawnAtOnce = 2_500;

/** Samples of one sampler, uint8[N,H,W,3]; drawn in parts, so that never more than a part is held in float32. */
export function drawSamples(
  { plan, sampler }: Drawing,
  weights: tf.Tensor,
  { sigmas, images, draw, onImages }: DrawRequest,
): Uint8Array {
  const { clip, quantise: how } = plan.recipe.sampling;
  const imageBytes = plan.recipe.network.resolution ** 2 * 3;
  const streams = sampleStreams(draw);
  const all = new Uint8Array(images * imageBytes);
  for (let done = 0; done < images;) {
    const count = Math.min(drawnAtOnce, images - done);
    const part = sampler.sample(weights, { seed: plan.seed, firstImage: done, images: count, sigmas, clip, streams });
    all.set(quantise(part, how), done * imageBytes);
    done += count;
    onImages?.(done);
  }
  return all;
}
