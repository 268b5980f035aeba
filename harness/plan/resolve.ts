/**
 * @file Resolves recipe x scale x seed x engine settings to a fingerprinted plan.
 *
 * It holds every number that the run will use.
 */
import { fingerprint } from '../core/canonical-json.ts';
import { PlanError, described } from '../core/errors.ts';
import type { Precision } from '../core/precision.ts';
import { doublingStageSteps, taughtIntervals } from '../method/curriculum.ts';
import type { Scale } from '../recipe/scale.ts';
import type { Method, Recipe, Tuning } from '../recipe/types.ts';
import type { AsRun, EngineSettings, GivenWeights, Plan } from './types.ts';

export interface PlanRequest {
  readonly recipe: Recipe;
  readonly scale: Scale;
  readonly seed: number;
  readonly engine: EngineSettings;
  readonly weights?: GivenWeights;
}

/**
 * The plan of one cell.
 * @throws PlanError when the seed is no natural number, the micro-batch does not divide the batch, the scale is too short or too
 *   small for the recipe's curriculum, or its grid is too fine for the precision
 */
export function resolvePlan({ recipe, scale, seed, engine, weights }: PlanRequest): Plan {
  checkSeed(seed);
  const asRun = resolveAsRun(recipe, scale);
  checkMicroBatch(engine.microBatchImages, asRun.batchImages);
  if (!weights) checkPrecision(engine.precision, asRun.s1);
  const plan = {
    schema: 'consistency-harness/plan@1' as const,
    recipe,
    recipeFingerprint: fingerprint(recipe),
    scale,
    seed,
    engine,
    asRun,
    ...(weights && { weights }),
  };
  return { ...plan, fingerprint: fingerprint(plan) };
}

/** sha256 of the canonical JSON of everything in a plan but the fingerprint itself. */
export function planFingerprint(plan: Plan): string {
  return fingerprint({ ...plan, fingerprint: undefined });
}

/** N of the grid that the sampled weights were last trained on; of given weights as their file says, else as published. */
export function lastGridLevels({ recipe, asRun, weights }: Pick<Plan, 'recipe' | 'asRun' | 'weights'>): number {
  if (weights) return weights.gridLevels ?? recipe.method.curriculum.s1 + 1;
  return asRun.s1 + 1;
}

/** Draws of samples that are scored at the end of a cell, the first included. */
export function drawsOf({ asRun }: Pick<Plan, 'asRun'>): number {
  return asRun.draws ?? 1;
}

function resolveAsRun(recipe: Recipe, scale: Scale): AsRun {
  const { tuning, method } = recipe;
  const steps = scale.steps ?? tuning.steps;
  const s1 = lastIntervals(method, scale, steps);
  if (method.curriculum.kind === 'doubling') doublingStageSteps(method.curriculum.s0, s1, steps);
  return {
    steps,
    batchImages: scale.batchImages ?? tuning.batchImages,
    s0: method.curriculum.s0,
    s1,
    samplingEmaDecay: samplingDecay(tuning, scale, steps),
    ...(scale.dropout !== undefined && tuning.dropout > 0 && { dropout: scale.dropout }),
    sampleImages: scale.sampleImages,
    ...(scale.draws !== undefined && { draws: scale.draws }),
    curveImages: scale.curveImages,
    curveSteps: evenlySpaced(steps, scale.curvePoints),
    checkpointEverySteps: Math.min(scale.checkpointEverySteps, steps),
  };
}

/** The decay whose half-life is the published share of the run: `decay^(K published / K)`, since a half-life is `ln 2 / -ln decay`. */
function samplingDecay(tuning: Tuning, { samplingEmaDecay }: Scale, steps: number): number {
  if (samplingEmaDecay === 'same-share') return tuning.samplingEmaDecay ** (tuning.steps / steps);
  return samplingEmaDecay ?? tuning.samplingEmaDecay;
}

/**
 * s1 under the scale's caps: the square-root curriculum ends at the cap itself, the doubling one at its last whole stage below it,
 * `s0 2^m <= maxIntervals`.
 */
function lastIntervals({ curriculum, teacher }: Method, scale: Scale, steps: number): number {
  const { kind, s0, s1 } = curriculum;
  const { id, teacherHalfLives } = scale;
  const caps = [
    ...(scale.maxIntervals === null ? [] : [scale.maxIntervals]),
    ...(teacherHalfLives !== undefined && teacher.kind === 'ema' && kind === 'square-root'
      ? [taughtIntervals(teacher.mu0, s0, steps, teacherHalfLives)]
      : []),
  ];
  const maxIntervals = Math.min(...caps);
  if (s1 <= maxIntervals) return s1;
  if (maxIntervals < s0) {
    throw new PlanError({
      where: `scale "${id}"`,
      got: described(`at most ${maxIntervals} intervals`),
      expected: `at least the ${s0} intervals with which the curriculum begins`,
      remedy: 'Choose a larger scale',
    });
  }
  return kind === 'square-root' ? maxIntervals : s0 * 2 ** Math.floor(Math.log2(maxIntervals / s0));
}

/** `points` steps, evenly spaced, the last one being `steps`; fewer where there are not so many steps. */
function evenlySpaced(steps: number, points: number): number[] {
  const count = Math.min(points, steps);
  return Array.from({ length: count }, (_, j) => Math.round((steps * (j + 1)) / count));
}

function checkSeed(seed: number): void {
  if (Number.isSafeInteger(seed) && seed >= 0) return;
  throw new PlanError({
    where: '--seeds',
    got: seed,
    expected: 'integers from 0 to 2^53 - 1',
    remedy: 'List seeds such as 0,1,2',
  });
}

function checkMicroBatch(microBatchImages: number, batchImages: number): void {
  if (Number.isSafeInteger(microBatchImages) && microBatchImages >= 1 && batchImages % microBatchImages === 0) return;
  throw new PlanError({
    where: 'engine.microBatchImages',
    got: microBatchImages,
    expected: `a divisor of the batch of ${batchImages} images`,
    remedy: `Choose ${largestDivisor(batchImages, microBatchImages)}`,
  });
}

/**
 * The most intervals on which the student's difference from the teacher, which training follows, keeps its direction in each precision: a
 * cosine above 0.99 with that of float32 at every level. Measured on the trained twin: table and command in harness/bench/README.md.
 */
export const trainableIntervals = { float32: Infinity, bfloat16: 20 } as const satisfies Record<Precision, number>;

function checkPrecision(precision: Precision, s1: number): void {
  const most = trainableIntervals[precision];
  if (s1 <= most) return;
  throw new PlanError({
    where: '--precision',
    got: described(`${precision} for a curriculum that ends at ${s1} intervals`),
    expected: `at most ${most}: on a finer grid student and teacher differ by less than its rounding`,
    remedy: 'Train in float32, or choose a scale that ends earlier',
  });
}

/** The largest divisor of the batch that is at most `wanted`. */
export function largestDivisor(batchImages: number, wanted: number): number {
  for (let divisor = Math.min(Math.floor(wanted), batchImages); divisor > 1; divisor--) {
    if (batchImages % divisor === 0) return divisor;
  }
  return 1;
}
