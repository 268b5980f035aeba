/**
 * @file Scores the final weights of a cell: every sampler and every draw of latents.
 *
 * A grid of the first images is written for inspection.
 */
import type * as tf from '@tensorflow/tfjs-core';
import type { Clock } from '../core/clock.ts';
import { distinctWarnings, type Warning } from '../core/warnings.ts';
import type { MeasuredScore, MeasuredScores } from '../metrics/measurement.ts';
import { drawsOf } from '../plan/resolve.ts';
import type { SecondLevel } from '../results/second-level.ts';
import type { Floor, Score } from '../score/score.ts';
import { Progress, type Output } from '../system/progress.ts';
import type { Followed } from './curve.ts';
import { drawSamples } from './draw.ts';
import { gridImages, writeGrid, type GridFile } from './grid-file.ts';
import { samplersOf, searchSecondLevel } from './samplers.ts';
import { scoreIdentity, type Scorer } from './scorer.ts';

/** What the final weights are scored with, and where their grids go. */
export interface Scored extends Followed {
  readonly folder: string;
  readonly output: Output;
  readonly clock: Clock;
}

export interface FinalScores {
  readonly scores: readonly Score[];
  readonly files: readonly GridFile[];
  /** What the metrics say of their own values. */
  readonly warnings: readonly Warning[];
  /** The levels of each sampler, in the order of the scores. */
  readonly samplers: readonly (readonly number[])[];
  readonly secondLevel: SecondLevel | null;
}

/** The scores of each sampler; where the second level is not published it is searched first. */
export async function scoreFinal(cell: Scored, weights: tf.Tensor): Promise<FinalScores> {
  const searching = cell.plan.recipe.sampling.midSigma === null && cell.scorer;
  const searched = searching ? await searchSecondLevel(cell, searching, weights) : null;
  const { sigmas: samplers, secondLevel } = samplersOf(cell.plan, searched);
  const each: SamplerScores[] = [];
  for (const sigmas of samplers) each.push(await scoreSampler(cell, weights, sigmas));
  return {
    scores: each.flatMap(({ scores }) => scores),
    files: each.map(({ grid }) => grid),
    warnings: distinctWarnings(each.flatMap(({ warnings }) => warnings)),
    samplers,
    secondLevel,
  };
}

interface SamplerScores {
  readonly scores: readonly Score[];
  readonly grid: GridFile;
  readonly warnings: readonly Warning[];
}

async function scoreSampler(cell: Scored, weights: tf.Tensor, sigmas: readonly number[]): Promise<SamplerScores> {
  const { plan, scorer } = cell;
  const { grid, measured } = await firstDraw(cell, weights, sigmas);
  if (!scorer || !measured) return { scores: [], grid, warnings: [] };
  const redraws: MeasuredScores[] = [];
  for (let draw = 1; draw < drawsOf(plan); draw++) redraws.push(await scoreDraw(cell, scorer, weights, sigmas, draw));
  const floor = await scorer.floor(plan.asRun.sampleImages);
  const [followed, ...others] = measured.scores;
  sayScore(cell, sigmas, followed, floor);
  return {
    scores: [
      scoreOf(cell, sigmas, followed, redraws, floor),
      ...others.map((other) => scoreOf(cell, sigmas, other, redraws, null)),
    ],
    grid,
    warnings: [measured, ...redraws].flatMap(({ warnings }) => warnings),
  };
}

/** The registered draw: the only one that is shown. */
async function firstDraw(
  cell: Scored,
  weights: tf.Tensor,
  sigmas: readonly number[],
): Promise<{ grid: GridFile; measured: MeasuredScores | null }> {
  const { plan, scorer, folder } = cell;
  const images = drawWithProgress(cell, weights, sigmas, 0);
  const nfe = sigmas.length;
  const latents = `seed ${plan.seed}, images 0-${gridImages - 1}`;
  const grid = writeGrid(plan, folder, images, { kind: 'samples', path: `samples-nfe${nfe}.png`, nfe, latents });
  return { grid, measured: scorer && (await scorer.scoreFully(images)) };
}

/** The scores of one draw of latents. */
export async function scoreDraw(
  cell: Omit<Scored, 'folder'>,
  scorer: Scorer,
  weights: tf.Tensor,
  sigmas: readonly number[],
  draw: number,
): Promise<MeasuredScores> {
  return scorer.scoreFully(drawWithProgress(cell, weights, sigmas, draw));
}

function drawWithProgress(
  cell: Omit<Scored, 'folder'>,
  weights: tf.Tensor,
  sigmas: readonly number[],
  draw: number,
): Uint8Array {
  const { plan, output, clock } = cell;
  const images = plan.asRun.sampleImages;
  const label = `${cellName(cell)}: samples ${stepsText(sigmas)}${draw > 0 ? `, draw ${draw + 1}` : ''}`;
  const progress = new Progress(output, clock, { label, total: images, unit: 'images' });
  return drawSamples(cell, weights, { sigmas, images, draw, onImages: (done) => progress.update(done) });
}

function scoreOf(
  { plan }: Pick<Scored, 'plan'>,
  sigmas: readonly number[],
  { metric, value, identity }: MeasuredScore,
  redraws: readonly MeasuredScores[],
  floor: Floor | null,
): Score {
  return {
    metric,
    nfe: sigmas.length,
    sigmas: [...sigmas],
    value,
    redraws: redraws.flatMap(({ scores }) => scores.filter((again) => again.metric === metric).map((one) => one.value)),
    floor,
    identity: scoreIdentity(plan, identity),
  };
}

function sayScore(
  cell: Omit<Scored, 'folder'>,
  sigmas: readonly number[],
  { metric, value }: MeasuredScore,
  floor: Floor | null,
): void {
  const from = floor?.extrapolatedFrom === undefined ? '' : `, extrapolated from ${floor.extrapolatedFrom} of them`;
  const real = floor ? ` (real images ${floor.value.toFixed(3)}${from})` : '';
  cell.output.write(`${cellName(cell)}: ${metric} ${stepsText(sigmas)} ${value.toFixed(3)}${real}\n`);
}

function cellName({ plan }: Pick<Scored, 'plan'>): string {
  return `${plan.recipe.id} seed ${plan.seed}`;
}

function stepsText(sigmas: readonly number[]): string {
  return `with ${sigmas.length} step${sigmas.length > 1 ? 's' : ''}`;
}
