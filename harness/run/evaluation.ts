/** @file Scoring of weights: samples by one and two steps, quantised, scored, and the first of them as a grid to look at. */
import { join } from 'node:path';
import type * as tf from '@tensorflow/tfjs-core';
import { writeFileAtomically } from '../core/atomic-file.ts';
import type { Output } from '../core/progress.ts';
import type { Warning } from '../core/warnings.ts';
import { quantise } from '../formats/pixels.ts';
import type { Plan } from '../plan/types.ts';
import type { Score, ScoreCurve } from '../results/score.ts';
import type { ResultDraft } from '../results/store.ts';
import { gridPng } from '../sample/grid.ts';
import { searchMiddleLevel } from '../sample/search.ts';
import type { Sampler } from '../sample/sampler.ts';
import type { Scorer } from './scorer.ts';

/** One value on the curve. */
export interface CurveValue {
  readonly nfe: number;
  readonly step: number;
  readonly images: number;
  readonly value: number;
}

export interface Evaluation {
  readonly plan: Plan;
  readonly sampler: Sampler;
  readonly scorer: Scorer | null;
  /** Levels of each sampler: one step, and two where the second level is known. */
  readonly samplers: readonly (readonly number[])[];
}

/** Images in a grid, and its columns. */
const gridImages = 64;
const gridColumns = 16;

/**
 * The samplers of a plan: one step, and two with the published second level or, where none is published, with the one that scores best on
 * images of their own.
 * Source: Song et al. 2023 (CT), appendix C (ternary search). Deviation: the search draws `curveImages` images, not those that are reported.
 */
export async function samplersOf(
  plan: Plan,
  sampler: Sampler,
  scorer: Scorer | null,
  weights: tf.Tensor,
): Promise<Evaluation['samplers']> {
  const { levels, sampling } = plan.recipe;
  const one = [levels.sigmaMax];
  if (sampling.midSigma !== null) return [one, [...one, sampling.midSigma]];
  if (!scorer) return [one];
  const found = await searchMiddleLevel({
    sampler,
    parameters: weights,
    levels,
    N: plan.asRun.s1 + 1,
    seed: plan.seed,
    clip: sampling.clip,
    score: async (draw) => (await scorer.score(quantise(draw(0, plan.asRun.curveImages), sampling.quantise))).value,
  });
  return [one, [...one, found.sigma]];
}

/** Samples of one sampler, uint8[N,H,W,3]. */
export function drawSamples(
  { plan, sampler }: Evaluation,
  weights: tf.Tensor,
  sigmas: readonly number[],
  images: number,
): Uint8Array {
  const { clip, quantise: how } = plan.recipe.sampling;
  return quantise(sampler.sample(weights, { seed: plan.seed, firstImage: 0, images, sigmas, clip }), how);
}

/** The curve's values at a step. */
export async function scoreCurvePoint(evaluation: Evaluation, step: number, weights: tf.Tensor): Promise<CurveValue[]> {
  const { plan, scorer, samplers } = evaluation;
  const values: CurveValue[] = [];
  if (!scorer) return values;
  for (const sigmas of samplers) {
    const { value } = await scorer.score(drawSamples(evaluation, weights, sigmas, plan.asRun.curveImages));
    values.push({ nfe: sigmas.length, step, images: step * plan.asRun.batchImages, value });
  }
  return values;
}

/** The final scores, the files of the grids, and what must be said beside the numbers. */
export async function scoreFinal(
  evaluation: Evaluation,
  weights: tf.Tensor,
  cellFolder: string,
  output: Output,
): Promise<{ scores: Score[]; files: ResultDraft['files'][number][]; warnings: Warning[] }> {
  const { plan, scorer, samplers } = evaluation;
  const samples = plan.asRun.sampleImages;
  const scores: Score[] = [];
  const files: ResultDraft['files'][number][] = [];
  const warnings: Warning[] = [];
  for (const sigmas of samplers) {
    const nfe = sigmas.length;
    const images = drawSamples(evaluation, weights, sigmas, samples);
    files.push(
      writeGrid(plan, cellFolder, `samples-nfe${nfe}.png`, images, {
        kind: 'samples',
        nfe,
        latents: `seed ${plan.seed}, images 0-${gridImages - 1}`,
      }),
    );
    if (!scorer) continue;
    const scored = await scorer.score(images);
    warnings.push(...scored.warnings);
    const metric = scorer.metric(samples);
    const floor = await scorer.floor(samples);
    scores.push({
      metric,
      nfe,
      sigmas: [...sigmas],
      value: scored.value,
      redraws: [],
      floor,
      identity: identityOf(plan, scorer, samples),
    });
    output.write(
      `${plan.recipe.id} seed ${plan.seed}: ${metric} with ${nfe} step${nfe > 1 ? 's' : ''} ${scored.value.toFixed(3)}${floor ? ` (real images ${floor.value.toFixed(3)})` : ''}\n`,
    );
  }
  return { scores, files, warnings };
}

/** The curve of each sampler out of the values of all points. */
export function curvesOf(
  { plan, scorer, samplers }: Evaluation,
  values: readonly CurveValue[],
  floor: Score['floor'],
): ScoreCurve[] {
  if (!scorer) return [];
  const samples = plan.asRun.curveImages;
  return samplers.map((sigmas) => ({
    metric: scorer.metric(samples),
    nfe: sigmas.length,
    sigmas: [...sigmas],
    floor,
    identity: identityOf(plan, scorer, samples),
    points: values
      .filter(({ nfe }) => nfe === sigmas.length)
      .map(({ step, images, value }) => ({ step, images, value })),
  }));
}

/** A grid of the first images in the cell's folder. */
export function writeGrid(
  plan: Plan,
  cellFolder: string,
  name: string,
  images: Uint8Array,
  about: Pick<ResultDraft['files'][number], 'kind' | 'nfe' | 'latents'>,
): ResultDraft['files'][number] {
  const side = plan.recipe.network.resolution;
  const imageBytes = side * side * 3;
  const count = Math.min(gridImages, images.length / imageBytes);
  const columns = Math.min(gridColumns, count);
  writeFileAtomically(
    join(cellFolder, name),
    gridPng(images.subarray(0, count * imageBytes), { count, height: side, width: side, columns }),
  );
  return { ...about, path: name, images: count, columns };
}

function identityOf(plan: Plan, scorer: Scorer, samples: number): Score['identity'] {
  return {
    weights: 'sampling-ema',
    samples,
    quantisation: plan.recipe.sampling.quantise,
    ...scorer.identity,
    device: plan.engine.device,
  };
}
