/** @file Proof that dividing work changes the order of sums alone: batches in passes, samples in batches. */
import * as tf from '@tensorflow/tfjs-core';
import type { Engine } from '../engine/engine.ts';
import { cellSampler } from '../evaluate/draw.ts';
import { samplersOf } from '../evaluate/samplers.ts';
import { buildNetwork } from '../network/network.ts';
import { flatShape, initialValues, parameterLayout } from '../network/flat.ts';
import { resolvePlan } from '../plan/resolve.ts';
import type { Plan } from '../plan/types.ts';
import { Sampler } from '../sample/sampler.ts';
import { digestParts } from './differences.ts';
import type { Comparison, Proof } from './proof.ts';
import { trainProof } from './training.ts';

/**
 * Relative difference of a loss when sums over images are formed in another order: 2e-7 was measured on the twin over six steps; the
 * bound leaves room for the kernels of other processors.
 */
const lossBound = 2e-6;

/** Largest difference of a sampled value in [-1, 1] between batches of different sizes; measured 2e-6 on the twin. */
export const sampleBound = 2e-5;

/** Rounding is told from a mistake before training amplifies it. */
const steps = 6;
const images = 10;

export interface SplitRequest {
  readonly engine: Engine;
  readonly plan: Plan;
  readonly subject: string;
  readonly onDone?: (what: string) => void;
}

/** Compares passes of every size with the whole batch, and batches of samples with all samples at once. */
export async function proveSplit({ engine, plan, subject, onDone }: SplitRequest): Promise<Proof> {
  const { batchImages } = plan.asRun;
  const whole = await trainProof(engine, inPasses(plan, batchImages), { scored: false });
  const comparisons: Comparison[] = [];
  for (const microBatchImages of divisorsBelow(batchImages)) {
    const what = `${batchImages} images in passes of ${microBatchImages}`;
    const { loss } = await trainProof(engine, inPasses(plan, microBatchImages), { scored: false });
    const distances = loss.map((point, i) => Math.abs(point.loss / whole.loss[i]!.loss - 1));
    comparisons.push(bounded(what, 'of the loss, relative', distances, lossBound, (i) => `step ${i + 1}`));
    onDone?.(what);
  }
  comparisons.push(...sampleComparisons(plan, onDone));
  return { proof: 'split', subject, hashes: Object.fromEntries(digestParts(whole.state)), comparisons };
}

function inPasses({ recipe, scale, seed, engine }: Plan, microBatchImages: number): Plan {
  const short = { ...scale, steps, checkpointEverySteps: steps, maxIntervals: recipe.method.curriculum.s0 };
  return resolvePlan({ recipe, scale: short, seed, engine: { ...engine, microBatchImages } });
}

function divisorsBelow(count: number): number[] {
  return Array.from({ length: count - 1 }, (_, i) => i + 1).filter((divisor) => count % divisor === 0);
}

function sampleComparisons(plan: Plan, onDone?: (what: string) => void): Comparison[] {
  const { network, parameters } = buildNetwork(plan.recipe, plan.engine);
  const layout = parameterLayout(parameters);
  // Layers that begin at zero would hide the network behind its skip connection.
  const values = initialValues(layout, plan.seed).map((value, i) => value + 0.1 * Math.sin(i * i));
  const flat = tf.tensor2d(values, flatShape(layout));
  const sigmas = samplersOf(plan).sigmas.at(-1)!;
  const { mode, precision, xla } = plan.engine;
  const draw = (batchImages: number): Float32Array => {
    const sampler =
      batchImages === images
        ? cellSampler(plan, layout, network)
        : new Sampler({ recipe: plan.recipe, layout, network, batchImages, mode, precision, xla });
    const drawn = sampler.sample(flat, { seed: plan.seed, firstImage: 0, images, sigmas, clip: true });
    sampler.dispose();
    return drawn;
  };
  const together = draw(images);
  const perImage = together.length / images;
  const comparisons = [1, 3, 7].map((batchImages) => {
    const what = `${images} samples in batches of ${batchImages}`;
    const distances = Array.from(draw(batchImages), (value, i) => Math.abs(value - together[i]!));
    onDone?.(what);
    return bounded(what, 'of a value in [-1, 1]', distances, sampleBound, (i) => `image ${Math.floor(i / perImage)}`);
  });
  flat.dispose();
  return comparisons;
}

function bounded(
  what: string,
  of: string,
  distances: readonly number[],
  bound: number,
  place: (i: number) => string,
): Comparison {
  const first = distances.findIndex((distance) => !(distance <= bound));
  const largest = distances.reduce((most, distance) => Math.max(most, distance), 0);
  const note = largest === 0 ? 'to the bit' : `largest difference ${of}: ${largest.toExponential(1)}, bound ${bound}`;
  if (first < 0) return { what, difference: null, note };
  return { what, difference: `differs by ${distances[first]!.toExponential(1)} at ${place(first)}`, note };
}
