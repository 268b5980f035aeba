/**
 * @file Compares the training signal in two precisions.
 *
 * The signal is student minus teacher at neighbouring noise levels.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Precision } from '../core/precision.ts';
import { openShapes } from '../data/shapes.ts';
import { compile } from '../engine/compile/compile.ts';
import { randomKey, randomNormal } from '../engine/ops.ts';
import { heldOut } from '../evaluate/real-images.ts';
import { pixelValues } from '../formats/pixels.ts';
import { noiseLevels } from '../method/levels.ts';
import { consistency, perImage, type ImageScalings } from '../network/consistency.ts';
import { noDropout } from '../network/dropout.ts';
import { flatShape, parameterLayout, unflatten, type ParameterLayout } from '../network/flat.ts';
import { buildNetwork, type BuiltNetwork } from '../network/network.ts';
import { loadWeights } from '../network/weights/read.ts';
import type { Recipe } from '../recipe/types.ts';
import { scalingsOf } from '../train/step-inputs.ts';

export interface SignalSubject {
  readonly recipe: Pick<Recipe, 'network' | 'levels'>;
  readonly network: BuiltNetwork['network'];
  readonly layout: ParameterLayout;
  /** Trained weights, float32[totalRows,16]: the student's and, as in iCT, the teacher's. */
  readonly weights: tf.Tensor;
  /** float32[B,H,W,3] in [-1, 1] */
  readonly images: tf.Tensor;
}

/**
 * Trained weights of a recipe of the twin, on held-out shapes.
 * @param path of the weights
 * @throws DataError when they are not those of the recipe's network
 */
export function twinSubject(recipe: Recipe, path: string, images: number): SignalSubject {
  const { network, parameters } = buildNetwork(recipe);
  const layout = parameterLayout(parameters);
  const { resolution } = recipe.network;
  const values = pixelValues();
  const pixels = Float32Array.from(heldOut(openShapes(), 0, images), (byte) => values[byte]!);
  return {
    recipe,
    network,
    layout,
    weights: tf.tensor2d(loadWeights(path, recipe, layout), flatShape(layout)),
    images: tf.tensor4d(pixels, [images, resolution, resolution, 3]),
  };
}

/** One interval of the grid. */
export interface Signal {
  /** The student's level. */
  readonly sigma: number;
  /** Root mean square over images of ||student - teacher|| in float32. */
  readonly wideNorm: number;
  /** The same in the other precision. */
  readonly narrowNorm: number;
  /** Cosine of the angle between the two differences, all images as one vector. */
  readonly cosine: number;
}

/**
 * f(x + sigma_i+1 z, sigma_i+1) - f(x + sigma_i z, sigma_i) in float32 and in another precision, at intervals spread evenly over the grid,
 * both ends included. The gradient of training points along this difference: where the cosine falls, rounding trains the network.
 * @param N levels of the grid
 * @param intervals at most so many
 */
export function trainingSignals(subject: SignalSubject, precision: Precision, N: number, intervals: number): Signal[] {
  const grid = noiseLevels(N, subject.recipe.levels);
  const [wide, narrow] = [difference(subject, 'float32'), difference(subject, precision)];
  const count = Math.min(intervals, N - 1);
  const signals = Array.from({ length: count }, (_, j) => {
    const i = count === 1 ? 0 : Math.round((j * (N - 2)) / (count - 1));
    const pair = [grid[i + 1]!, grid[i]!] as const;
    return { sigma: pair[0], ...compared(wide.at(pair), narrow.at(pair), subject.images.shape[0]) };
  });
  wide.dispose();
  narrow.dispose();
  return signals;
}

function difference({ recipe, network, layout, weights, images }: SignalSubject, precision: Precision) {
  const kind = recipe.network.kind;
  const run = compile(
    (flat: tf.Tensor, x: tf.Tensor, z: tf.Tensor, table: tf.Tensor) => {
      const F = network(unflatten(layout, flat), noDropout, null);
      const rows = tf.unstack(table);
      const denoised = (from: number) => {
        const [sigma, cSkip, cOut, cIn, cNoise] = rows.slice(from, from + 5) as [tf.Tensor, ...tf.Tensor[]];
        return consistency(F, tf.add(x, tf.mul(z, perImage(sigma))), { cSkip, cOut, cIn, cNoise } as ImageScalings);
      };
      return tf.sub(denoised(0), denoised(5));
    },
    { name: 'signal', precision },
  );
  const at = (pair: readonly [student: number, teacher: number]): Float32Array =>
    tf.tidy(() => {
      const column = pair.flatMap((sigma) => [sigma, ...scalingsOf(sigma, recipe.levels, kind)]);
      const table = tf.tile(tf.tensor2d(column, [column.length, 1]), [1, images.shape[0]]);
      const z = randomNormal(images.shape, randomKey(0, 'noise', 0));
      return run(weights, images, z, table).dataSync<'float32'>();
    });
  return { at, dispose: run.dispose };
}

function compared(wide: Float32Array, narrow: Float32Array, images: number): Omit<Signal, 'sigma'> {
  let [dot, wideSquares, narrowSquares] = [0, 0, 0];
  for (let i = 0; i < wide.length; i++) {
    const [a, b] = [wide[i]!, narrow[i]!];
    dot += a * b;
    wideSquares += a * a;
    narrowSquares += b * b;
  }
  return {
    wideNorm: Math.sqrt(wideSquares / images),
    narrowNorm: Math.sqrt(narrowSquares / images),
    cosine: dot / Math.sqrt(wideSquares * narrowSquares),
  };
}
