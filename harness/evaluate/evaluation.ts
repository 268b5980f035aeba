/** @file Scoring of weights: samples by one and two steps, quantised, scored, and the first of them as a grid to look at. */
import { join } from 'node:path';
import type * as tf from '@tensorflow/tfjs-core';
import { writeFileAtomically } from '../system/atomic-file.ts';
import type { Clock } from '../core/clock.ts';
import { Progress, type Output } from '../system/progress.ts';
import type { Warning } from '../core/warnings.ts';
import { quantise } from '../formats/pixels.ts';
import type { BuiltNetwork } from '../network/network.ts';
import type { ParameterLayout } from '../network/flat.ts';
import type { Plan } from '../plan/types.ts';
import type { Score, ScoreCurve } from '../score/score.ts';
import type { ResultDraft } from '../results/store.ts';
import { gridPng } from '../sample/grid.ts';
import { searchMiddleLevel } from '../sample/search.ts';
import { Sampler } from '../sample/sampler.ts';
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

/** Images per part of a draw: some hundred megabytes in float32 at 64x64, and a multiple of the sampler's batch. */
const drawnAtOnce = 2_500;

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
    // Weights from elsewhere were trained with the published levels, whatever this cell's scale.
    N: (plan.weights ? plan.recipe.method.curriculum.s1 : plan.asRun.s1) + 1,
    seed: plan.seed,
    clip: sampling.clip,
    score: async (draw) => (await scorer.score(quantise(draw(0, plan.asRun.curveImages), sampling.quantise))).value,
  });
  return [one, [...one, found.sigma]];
}

/** Images per call of the sampler; samples do not depend on it. */
export const sampleBatchImages = 250;

/** The sampler of a cell, as its plan says. */
export function cellSampler(
  { recipe, engine }: Plan,
  layout: ParameterLayout,
  network: BuiltNetwork['network'],
): Sampler {
  const { mode, precision, xla } = engine;
  return new Sampler({ recipe, layout, network, batchImages: sampleBatchImages, mode, precision, xla });
}

/** Samples of one sampler, uint8[N,H,W,3]; drawn in parts, so that never more than a part is held in float32. */
export function drawSamples(
  { plan, sampler }: Evaluation,
  weights: tf.Tensor,
  sigmas: readonly number[],
  images: number,
  onImages?: (done: number) => void,
): Uint8Array {
  const { clip, quantise: how } = plan.recipe.sampling;
  const imageBytes = plan.recipe.network.resolution ** 2 * 3;
  const all = new Uint8Array(images * imageBytes);
  for (let done = 0; done < images;) {
    const count = Math.min(drawnAtOnce, images - done);
    const part = sampler.sample(weights, { seed: plan.seed, firstImage: done, images: count, sigmas, clip });
    all.set(quantise(part, how), done * imageBytes);
    done += count;
    onImages?.(done);
  }
  return all;
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
  clock: Clock,
): Promise<{ scores: Score[]; files: ResultDraft['files'][number][]; warnings: Warning[] }> {
  const { plan, scorer, samplers } = evaluation;
  const samples = plan.asRun.sampleImages;
  const scores: Score[] = [];
  const files: ResultDraft['files'][number][] = [];
  const warnings: Warning[] = [];
  for (const sigmas of samplers) {
    const nfe = sigmas.length;
    const label = `${plan.recipe.id} seed ${plan.seed}: samples of ${nfe} step${nfe > 1 ? 's' : ''}`;
    const progress = new Progress(output, clock, { label, total: samples, unit: 'images' });
    const images = drawSamples(evaluation, weights, sigmas, samples, (done) => progress.update(done));
    files.push(
      writeGrid(plan, cellFolder, `samples-nfe${nfe}.png`, images, {
        kind: 'samples',
        nfe,
        latents: `seed ${plan.seed}, images 0-${gridImages - 1}`,
      }),
    );
    if (!scorer) continue;
    const scored = await scorer.scoreFully(images);
    warnings.push(...scored.warnings);
    const floor = await scorer.floor(samples);
    scored.scores.forEach(({ metric, value, identity }, i) =>
      scores.push({
        metric,
        nfe,
        sigmas: [...sigmas],
        value,
        redraws: [],
        floor: i === 0 ? floor : null,
        identity: { ...drawn(plan), ...identity },
      }),
    );
    const [{ metric, value }] = scored.scores;
    output.write(
      `${plan.recipe.id} seed ${plan.seed}: ${metric} with ${nfe} step${nfe > 1 ? 's' : ''} ${value.toFixed(3)}${floor ? ` (real images ${floor.value.toFixed(3)})` : ''}\n`,
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
  const { metric, identity } = scorer.followed(plan.asRun.curveImages);
  return samplers.map((sigmas) => ({
    metric,
    nfe: sigmas.length,
    sigmas: [...sigmas],
    floor,
    identity: { ...drawn(plan), ...identity },
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

/** What moves a score before it is measured: the part of its identity that no scorer knows. */
function drawn({ weights, recipe }: Plan): Pick<Score['identity'], 'weights' | 'quantisation'> {
  return { weights: weights?.part ?? 'sampling-ema', quantisation: recipe.sampling.quantise };
}
