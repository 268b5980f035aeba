/** @file The sampler: the same images whatever the batch size, the same steps compiled and op by op, nothing hidden by clipping. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { DivergenceError, RecipeError } from '../../harness/core/errors.ts';
import { quantise } from '../../harness/formats/pixels.ts';
import { buildNetwork } from '../../harness/network/network.ts';
import { flatShape, initialValues, parameterLayout } from '../../harness/network/flat.ts';
import { Sampler, sampleStreams, searchStreams } from '../../harness/sample/sampler.ts';
import { searchMiddleLevel } from '../../harness/sample/search.ts';
import type { NcsnppNetwork } from '../../harness/recipe/types.ts';
import { engineForTests } from '../engine/engine-fixture.ts';

/** Batches of another size may sum in another order. */
const batchTolerance = 2e-5;

const network: NcsnppNetwork = {
  kind: 'ncsnpp',
  resolution: 8,
  baseChannels: 8,
  channelMultipliers: [1, 2],
  blocksPerLevel: 1,
  attentionResolutions: [4],
};
const recipe = {
  id: 'small',
  network,
  tuning: {
    steps: 1,
    batchImages: 1,
    learningRate: 1,
    dropout: 0,
    dropoutMaxResolution: null,
    fourierScale: 1,
    samplingEmaDecay: 0,
  },
  levels: { sigmaMin: 0.002, sigmaMax: 80, rho: 7, sigmaData: 0.5 },
};
const imageNumbers = 8 * 8 * 3;
const request = { seed: 3, firstImage: 0, images: 5, sigmas: [80, 0.821], clip: true };

let flat: tf.Tensor;
let layout: ReturnType<typeof parameterLayout>;
let built: ReturnType<typeof buildNetwork>;

beforeAll(async () => {
  await engineForTests();
  built = buildNetwork(recipe);
  layout = parameterLayout(built.parameters);
  // The last convolution starts at zero: without a push every image would be cSkip x alone.
  flat = tf.tensor2d(
    initialValues(layout, 1).map((value, i) => value + 0.2 * Math.sin(i * i)),
    flatShape(layout),
  );
});

function sampler(batchImages: number, mode: 'compiled' | 'eager' = 'compiled'): Sampler {
  return new Sampler({ recipe, layout, network: built.network, batchImages, mode });
}

function largestDifference(a: Float32Array, b: Float32Array): number {
  expect(a.length).toBe(b.length);
  return a.reduce((largest, value, i) => Math.max(largest, Math.abs(value - b[i]!)), 0);
}

describe('images', () => {
  test('do not depend on how they are batched', () => {
    const together = sampler(5).sample(flat, request);
    const apart = sampler(2).sample(flat, request);
    const tail = sampler(3).sample(flat, { ...request, firstImage: 3, images: 2 });
    expect(largestDifference(together, apart)).toBeLessThan(batchTolerance);
    expect(largestDifference(together.slice(3 * imageNumbers), tail)).toBeLessThan(batchTolerance);
    expect(
      largestDifference(together.slice(0, imageNumbers), together.slice(imageNumbers, 2 * imageNumbers)),
    ).toBeGreaterThan(0.1);
  });

  test('are those of the same steps run op by op', () => {
    const compiled = sampler(5).sample(flat, request);
    const eager = sampler(5, 'eager').sample(flat, request);
    expect(largestDifference(compiled, eager)).toBeLessThan(batchTolerance);
  });

  test('differ between seeds, and between the streams of a search and of samples', () => {
    const own = sampler(5).sample(flat, request);
    expect(largestDifference(own, sampler(5).sample(flat, { ...request, seed: 4 }))).toBeGreaterThan(0.1);
    expect(largestDifference(own, sampler(5).sample(flat, { ...request, streams: searchStreams }))).toBeGreaterThan(
      0.1,
    );
  });

  test('of every draw have latents of their own, and the first draw is the one without a name', () => {
    const own = sampler(5).sample(flat, request);
    const [first, second, third] = [0, 1, 2].map((draw) =>
      sampler(5).sample(flat, { ...request, streams: sampleStreams(draw) }),
    );
    expect(largestDifference(own, first!)).toBe(0);
    expect(largestDifference(first!, second!)).toBeGreaterThan(0.1);
    expect(largestDifference(second!, third!)).toBeGreaterThan(0.1);
  });

  test('begin from the same latents in one step and in two', () => {
    const one = sampler(5).sample(flat, { ...request, sigmas: [80], clip: false });
    const nearly = sampler(5).sample(flat, { ...request, sigmas: [80, 0.0021], clip: false });
    // A second step just above sigmaMin adds noise of 6e-4 and hardly moves the image.
    expect(largestDifference(one, nearly)).toBeLessThan(0.01);
  });

  test('are clipped when asked for, and only then', () => {
    const free = sampler(5).sample(flat, { ...request, sigmas: [80], clip: false });
    const clipped = sampler(5).sample(flat, { ...request, sigmas: [80] });
    expect(free.some((value) => Math.abs(value) > 1)).toBe(true);
    expect(
      largestDifference(
        clipped,
        free.map((value) => Math.min(Math.max(value, -1), 1)),
      ),
    ).toBe(0);
  });

  test('count up to the end', () => {
    const seen: number[] = [];
    sampler(2).sample(flat, { ...request, onImages: (done) => seen.push(done) });
    expect(seen).toEqual([2, 4, 5]);
  });

  test('that are not finite stay so through clipping and are refused by name', () => {
    const infinite = tf.mul(flat, 1e38);
    expect(() => quantise(sampler(5).sample(infinite, { ...request, sigmas: [80] }), 'truncate')).toThrow(
      DivergenceError,
    );
    const broken = tf.mul(flat, NaN);
    const images = sampler(5).sample(broken, request);
    expect(() => quantise(images, 'truncate')).toThrow(
      'generated images: got 960 of 960 values that are not finite, expected finite values only. ' +
        'Sample from an earlier checkpoint; the weights of this one have diverged.',
    );
  });

  test('need levels that fall from sigmaMax', () => {
    expect(() => sampler(1).sample(flat, { ...request, sigmas: [40] })).toThrow(RecipeError);
    expect(() => sampler(1).sample(flat, { ...request, sigmas: [80, 90] })).toThrow(
      'sampling levels: got 90, expected a level between sigmaMin 0.002 and the level before it, 80. ' +
        'List the levels from high to low.',
    );
  });
});

describe('the search for the middle level', () => {
  test('finds the grid point whose images score lowest', async () => {
    const drawn = new Set<number>();
    const found = await searchMiddleLevel({
      sampler: sampler(2),
      parameters: flat,
      levels: recipe.levels,
      N: 11,
      seed: 0,
      clip: true,
      score: (draw) => {
        const images = draw(0, 2);
        drawn.add(images[0]!);
        // A stand-in for FID with one minimum over the grid: how far the spread of the images is from a number.
        return Promise.resolve(Math.abs(spread(images) - 0.5));
      },
    });
    expect(found.scored.map(({ sigma }) => sigma)).toContain(found.sigma);
    expect(found.score).toBe(Math.min(...found.scored.map(({ score }) => score)));
    expect(drawn.size).toBe(found.scored.length);
  });
});

function spread(images: Float32Array): number {
  const mean = images.reduce((sum, value) => sum + value, 0) / images.length;
  return Math.sqrt(images.reduce((sum, value) => sum + (value - mean) ** 2, 0) / images.length);
}
