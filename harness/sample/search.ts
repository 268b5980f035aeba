/** @file Searches the second level of two-step sampling, on images of its own. */
import type * as tf from '@tensorflow/tfjs-core';
import { noiseLevels } from '../method/levels.ts';
import { valleySearch } from '../method/valley-search.ts';
import type { GridLevel } from '../method/sampling.ts';
import type { Levels } from '../recipe/types.ts';
import { searchStreams, type Sampler } from './sampler.ts';

export interface MiddleSearch {
  readonly sampler: Pick<Sampler, 'sample'>;
  readonly parameters: tf.Tensor;
  readonly levels: Levels;
  /** Levels of the training grid that is searched: that of the last stage. */
  readonly N: number;
  readonly seed: number;
  readonly clip: boolean;
  /**
   * The number to be made small, such as the FID of the images.
   * @param draw two-step images by their numbers, float32[images,H,W,3]; the same noise for every level
   */
  readonly score: (draw: (firstImage: number, images: number) => Float32Array) => Promise<number>;
}

export interface MiddleLevel extends GridLevel {
  readonly score: number;
  /** Every level that was scored, in the order in which it was. */
  readonly scored: readonly { readonly sigma: number; readonly score: number }[];
}

/**
 * The level between sigmaMin and sigmaMax, on the training grid, at which two-step samples score lowest.
 * Source: Song et al. 2023 (CT), appendix C (ternary search on FID).
 * Deviation: a coarse scan comes first (`valleySearch`); the images are drawn from streams of their own, so the level is not chosen on the images that are then reported.
 * @throws DivergenceError when a score is not finite
 */
export async function searchMiddleLevel(search: MiddleSearch): Promise<MiddleLevel> {
  const { sampler, parameters, levels, N, seed, clip } = search;
  const grid = noiseLevels(N, levels);
  const found = await valleySearch(1, N - 2, (index) =>
    search.score((firstImage, images) =>
      sampler.sample(parameters, {
        seed,
        firstImage,
        images,
        sigmas: [levels.sigmaMax, grid[index]!],
        clip,
        streams: searchStreams,
      }),
    ),
  );
  const scored = found.scored.map(({ index, score }) => ({ sigma: grid[index]!, score }));
  return { sigma: grid[found.index]!, index: found.index, N, score: found.score, scored };
}
