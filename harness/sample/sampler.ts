/**
 * @file Samples images from weights in one step or several, each image named by (seed, number).
 *
 * Image n gets the same noise and label whatever the batch size, so that a run can be split, resumed or shown in part.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Precision } from '../core/precision.ts';
import { streamOfDraw, type Stream } from '../core/random.ts';
import { compile } from '../engine/compile/compile.ts';
import { freeingAll, randomKey, type RandomKey, randomNormal } from '../engine/ops.ts';
import { noDropout } from '../network/dropout.ts';
import type { BuiltNetwork } from '../network/network.ts';
import { unflatten, type ParameterLayout } from '../network/flat.ts';
import { classesOf } from '../recipe/classes.ts';
import type { Recipe } from '../recipe/types.ts';
import { sampleLabels } from './labels.ts';
import { sampleStep, stepNumbers, stepTensor, type StepNumbers } from './multistep.ts';

export interface SamplerOptions {
  readonly recipe: Pick<Recipe, 'network' | 'levels'>;
  readonly layout: ParameterLayout;
  readonly network: BuiltNetwork['network'];
  /** Images per call of the device; the last batch may be smaller and is then compiled for its own size. */
  readonly batchImages: number;
  readonly mode?: 'compiled' | 'eager';
  readonly precision?: Precision;
  readonly xla?: boolean;
}

/** Where the randomness of the images comes from: a search must not see the numbers of the images that are scored. */
export interface SampleStreams {
  readonly latent: Stream;
  readonly noise: Stream;
  readonly label: Stream;
}

/** The streams of a draw of samples; draw 0 is the one that every cell makes. */
export function sampleStreams(draw: number): SampleStreams {
  return {
    latent: streamOfDraw('sample-latent', draw),
    noise: streamOfDraw('sample-noise', draw),
    label: streamOfDraw('sample-label', draw),
  };
}

export const searchStreams: SampleStreams = { latent: 'search-latent', noise: 'search-noise', label: 'search-label' };

export interface SampleRequest {
  readonly seed: number;
  /** Number of the first image. */
  readonly firstImage: number;
  readonly images: number;
  /** The noise levels visited: sigmaMax first, then descending. One level is one-step sampling. */
  readonly sigmas: ArrayLike<number>;
  /** Whether every denoised image is clipped to [-1, 1], between steps as well. */
  readonly clip: boolean;
  /** Those of draw 0 unless others are named. */
  readonly streams?: SampleStreams;
  /** Told how many images are done after each batch. */
  readonly onImages?: (done: number) => void;
}

export class Sampler {
  private readonly options: SamplerOptions;
  private readonly step;

  constructor(options: SamplerOptions) {
    this.options = options;
    const { layout, network, recipe, mode, precision, xla } = options;
    const { resolution } = recipe.network;
    const step = (
      flat: tf.Tensor,
      previous: tf.Tensor | null,
      key: RandomKey,
      numbers: tf.Tensor,
      labels: tf.Tensor | null,
      clip: boolean,
    ): tf.Tensor => {
      const z = randomNormal([numbers.shape[1]!, resolution, resolution, 3], key);
      const F = network(unflatten(layout, flat), noDropout, labels);
      return sampleStep(F, previous ?? tf.zerosLike(z), z, numbers, clip);
    };
    this.step = compile(step, {
      name: 'sample',
      ...(mode ? { mode } : {}),
      ...(precision ? { precision } : {}),
      ...(xla ? { xla } : {}),
    });
  }

  /**
   * Images `firstImage` to `firstImage + images - 1` of the seed.
   * Source: Song et al. 2023 (CT), algorithm 1.
   * @param flatParameters the sampling average, float32[totalRows,16]
   * @returns float32[images,H,W,3], row-major; neither quantised nor checked: `quantise` (harness/formats/pixels.ts) refuses what is not finite
   * @throws RecipeError when the levels do not fall from sigmaMax to above sigmaMin
   */
  sample(flatParameters: tf.Tensor, request: SampleRequest): Float32Array {
    const { recipe, batchImages } = this.options;
    const { resolution, kind } = recipe.network;
    const numbers = stepNumbers(request.sigmas, recipe.levels, kind);
    const imageNumbers = resolution * resolution * 3;
    const images = new Float32Array(request.images * imageNumbers);
    for (let done = 0; done < request.images;) {
      const count = Math.min(batchImages, request.images - done);
      images.set(this.batch(flatParameters, request, numbers, request.firstImage + done, count), done * imageNumbers);
      done += count;
      request.onImages?.(done);
    }
    return images;
  }

  /** Frees the compiled functions. */
  dispose(): void {
    this.step.dispose();
  }

  private batch(
    flat: tf.Tensor,
    { seed, clip, streams = sampleStreams(0) }: SampleRequest,
    steps: readonly StepNumbers[],
    firstImage: number,
    count: number,
  ): Float32Array {
    const { network } = this.options.recipe;
    // Four numbers per block of the generator: H W 3 is a multiple of four for every even resolution.
    const firstBlock = (firstImage * network.resolution * network.resolution * 3) / 4;
    const classes = classesOf(network);
    return freeingAll(() => {
      const labels =
        classes === null ? null : tf.tensor1d(sampleLabels(seed, streams.label, firstImage, count, classes), 'int32');
      let xHat: tf.Tensor | null = null;
      steps.forEach((numbers, j) => {
        const key = randomKey(seed, j === 0 ? streams.latent : streams.noise, j, firstBlock);
        xHat = this.step(flat, xHat, key, stepTensor(numbers, count), labels, clip);
      });
      return xHat!.dataSync<'float32'>();
    });
  }
}
