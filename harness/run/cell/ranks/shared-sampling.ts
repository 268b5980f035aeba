/**
 * @file Draws samples by all ranks of a cell, with the images of one process.
 *
 * Each takes whole batches of the sampler. Rank 0 says what is to be drawn, all draw their share and exchange it.
 */
import type * as tf from '@tensorflow/tfjs-core';
import { allGather } from '../../../engine/ops.ts';
import { sampleBatchImages } from '../../../evaluate/draw.ts';
import type { Ranks } from '../../../ranks/join.ts';
import { exchange } from './exchange.ts';
import type { Request, SampleRequest, Sampling } from './request.ts';

/** Above the numbers of a step's exchanges. */
const firstInstance = 1_000_000;

/** The sampler of rank 0, which lets the others work too. */
export function sharedSampler(own: Sampling, ranks: Ranks, imageNumbers: number): Sampling {
  return {
    sample: (weights, { onImages, ...request }) => {
      const plain = { ...request, sigmas: Array.from(request.sigmas) };
      ranks.team.tell({ sample: plain } satisfies Request);
      const images = sampleShare(own, ranks, imageNumbers, weights, plain);
      onImages?.(request.images);
      return images;
    },
    dispose: () => own.dispose(),
  };
}

/**
 * Draws this rank's share of a request.
 * @param imageNumbers numbers of an image
 * @returns float32 images of all ranks
 */
export function sampleShare(
  sampler: Sampling,
  ranks: Ranks,
  imageNumbers: number,
  weights: tf.Tensor,
  request: SampleRequest,
): Float32Array {
  const { team, group } = ranks;
  const { firstImage, images } = request;
  const batches = Math.ceil(images / sampleBatchImages / team.ranks);
  const each = Math.min(images, batches * sampleBatchImages);
  const first = Math.min(images, team.rank * each);
  const count = Math.min(each, images - first);
  // Every rank sends as many images: where some have fewer, zeros that nobody reads.
  const sent = new Float32Array(each * imageNumbers);
  if (count > 0) sent.set(sampler.sample(weights, { ...request, firstImage: firstImage + first, images: count }));
  // A number belongs to one shape.
  const values = exchange(ranks, sent, [sent.length], (x) => allGather(x, group, firstInstance + each));
  return values.slice(0, images * imageNumbers);
}
