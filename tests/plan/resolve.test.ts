/** @file Resolution of a plan: what the scale alters and what it leaves, refusals, and a fingerprint that stays. */
import { describe, expect, it } from 'vitest';
import { PlanError } from '../../harness/core/errors.ts';
import { planSchema } from '../../harness/plan/schema.ts';
import { drawsOf, planFingerprint } from '../../harness/plan/resolve.ts';
import { tuningAsRun } from '../../harness/plan/tuning.ts';
import type { Recipe } from '../../harness/recipe/types.ts';
import * as cifar10 from '../../recipes/cifar10.ts';
import * as imagenet64 from '../../recipes/imagenet64.ts';
import { engine, hourScale, paperScale, planOf } from './fixtures.ts';

describe('resolvePlan', () => {
  it('runs the recipe as published at the scale of the paper', () => {
    expect(planOf().asRun).toMatchObject({
      steps: 400_000,
      batchImages: 1024,
      s0: 10,
      s1: 1280,
      samplingEmaDecay: 0.99993,
      sampleImages: 50_000,
    });
  });

  it('never edits the recipe', () => {
    expect(planOf({ scale: hourScale }).recipe).toBe(cifar10.ict);
  });

  it.each([
    [9_999, 1280],
    [1280, 1280],
    [1279, 640],
    [40, 40],
    [39, 20],
    [10, 10],
  ])('ends the doubling curriculum at its last whole stage: at most %i intervals -> s1 %i', (maxIntervals, s1) => {
    expect(planOf({ scale: { ...paperScale, maxIntervals } }).asRun.s1).toBe(s1);
  });

  it.each([
    [9_999, 150],
    [149, 149],
    [2, 2],
  ])('ends the square-root curriculum at the cap itself: at most %i intervals -> s1 %i', (maxIntervals, s1) => {
    expect(planOf({ recipe: cifar10.ct, scale: { ...paperScale, maxIntervals } }).asRun.s1).toBe(s1);
  });

  it('ends the curriculum of CT where the last stage outlasts five half-lives of the teacher', () => {
    const s1 = (recipe: Recipe, steps: number) =>
      planOf({ recipe, scale: { ...paperScale, steps, teacherHalfLives: 5 } }).asRun.s1;
    expect([s1(cifar10.ct, 1_000), s1(cifar10.ct, 5_000), s1(cifar10.ct, 800_000)]).toEqual([11, 24, 150]);
    expect([s1(imagenet64.ct, 400), s1(imagenet64.ct, 1_300), s1(imagenet64.ct, 800_000)]).toEqual([4, 8, 200]);
    expect(s1(cifar10.ict, 1_000)).toBe(1280);
  });

  it('gives the sampling average the published share of the run, method by method', () => {
    const halfLife = (recipe: Recipe) =>
      Math.LN2 / -Math.log(planOf({ recipe, scale: hourScale }).asRun.samplingEmaDecay);
    expect(halfLife(cifar10.ct)).toBeCloseTo(1_000 * (6931.1 / 800_000), 2);
    expect(halfLife(cifar10.ict)).toBeCloseTo(1_000 * (9901.8 / 400_000), 2);
  });

  it('drops dropout only where the recipe has some, and leaves the published number beside it', () => {
    const [ct, ict] = [planOf({ recipe: cifar10.ct, scale: hourScale }), planOf({ scale: hourScale })];
    expect('dropout' in ct.asRun).toBe(false);
    expect([ict.recipe.tuning.dropout, ict.asRun.dropout, tuningAsRun(ict).dropout]).toEqual([0.3, 0, 0]);
    expect(tuningAsRun(planOf()).dropout).toBe(0.3);
  });

  it('spaces the points of the curve evenly and ends at the last step', () => {
    const curve = (steps: number, curvePoints: number) =>
      planOf({ scale: { ...hourScale, steps, curvePoints } }).asRun.curveSteps;
    expect(curve(3_000, 6)).toEqual([500, 1000, 1500, 2000, 2500, 3000]);
    expect(curve(10, 3)).toEqual([3, 7, 10]);
    expect(curve(4, 9)).toEqual([1, 2, 3, 4]);
  });

  it('draws samples three times at the scale of the paper, once elsewhere, without a trace in the plan', () => {
    expect(drawsOf(planOf())).toBe(3);
    const hour = planOf({ scale: hourScale });
    expect(drawsOf(hour)).toBe(1);
    // The fingerprints of plans that were made before draws had a number must stay.
    expect(hour.asRun).not.toHaveProperty('draws');
    expect(planSchema.safeParse(planOf()).success).toBe(true);
  });

  it('checkpoints at least once', () => {
    expect(planOf({ scale: { ...hourScale, steps: 20 } }).asRun.checkpointEverySteps).toBe(20);
  });

  it('refuses what cannot be run', () => {
    expect(() => planOf({ seed: -1 })).toThrow(
      '--seeds: got -1, expected integers from 0 to 2^53 - 1. List seeds such as 0,1,2.',
    );
    expect(() => planOf({ engine: { ...engine, microBatchImages: 1000 } })).toThrow(
      'engine.microBatchImages: got 1000, expected a divisor of the batch of 1024 images. Choose 512.',
    );
    expect(() => planOf({ scale: { ...hourScale, maxIntervals: 9 } })).toThrow(
      'scale "hour": got at most 9 intervals, expected at least the 10 intervals with which the curriculum begins. Choose a larger scale.',
    );
    expect(() => planOf({ scale: { ...hourScale, maxIntervals: 9 } })).toThrow(PlanError);
    expect(() => planOf({ scale: { ...hourScale, maxIntervals: 40, steps: 2 } })).toThrow(
      'doubling curriculum: got 2, expected at least 3 steps, one for each stage from s0 10 to s1 40. Lengthen the run or lower s1.',
    );
  });
});

describe('bfloat16', () => {
  const rounded = { ...engine, precision: 'bfloat16' } as const;
  const upTo = (maxIntervals: number | null) => ({ ...hourScale, maxIntervals });

  it('is refused where the curriculum ends on a finer grid than it can tell apart', () => {
    expect(() => planOf({ engine: rounded })).toThrow(
      '--precision: got bfloat16 for a curriculum that ends at 1280 intervals, expected at most 20: on a finer grid student and teacher differ by less than its rounding. Train in float32, or choose a scale that ends earlier.',
    );
    expect(() => planOf({ engine: rounded, scale: upTo(40) })).toThrow(PlanError);
    expect(() => planOf({ engine: rounded, recipe: cifar10.ct, scale: { ...paperScale, maxIntervals: 21 } })).toThrow(
      PlanError,
    );
  });

  it('may train on a coarse grid, and sample weights of any', () => {
    expect(planOf({ engine: rounded, scale: upTo(20) }).asRun.s1).toBe(20);
    const weights = { file: 'ct.pt', sha256: '0'.repeat(64), part: 'sampling-ema' } as const;
    expect(planOf({ engine: rounded, weights }).engine.precision).toBe('bfloat16');
  });
});

describe('the fingerprint of a plan', () => {
  it('is that of everything above it', () => {
    const plan = planOf();
    expect(planFingerprint(plan)).toBe(plan.fingerprint);
    expect(planFingerprint(JSON.parse(JSON.stringify(plan)) as typeof plan)).toBe(plan.fingerprint);
  });

  it('does not depend on the order of keys', () => {
    const reversed = Object.fromEntries(Object.entries(engine).reverse()) as unknown as typeof engine;
    expect(planOf({ engine: reversed }).fingerprint).toBe(planOf().fingerprint);
  });

  it('differs when anything differs', () => {
    const plans = [
      planOf(),
      planOf({ seed: 1 }),
      planOf({ scale: hourScale }),
      planOf({ recipe: cifar10.ictDeep }),
      planOf({ engine: { ...engine, recompute: true } }),
      planOf({ engine: { ...engine, xla: true } }),
    ];
    expect(new Set(plans.map(({ fingerprint }) => fingerprint)).size).toBe(plans.length);
  });

  it('is the same on every machine and stays so until a number changes', () => {
    // Recorded once; a change means that results before and after it must not share a table: raise the version of the recipe.
    const fixed = { ...paperScale, steps: 100, batchImages: 8, maxIntervals: 20 };
    expect(
      planOf({ recipe: { ...cifar10.ict, deviations: [] }, scale: fixed, seed: 7 }).fingerprint,
    ).toMatchInlineSnapshot(`"3e319af11d00e7d0d04511d086f9dc0f1c1cdece572683c89231654f95d61301"`);
  });
});
