/** @file What a plan costs: the published amounts of work, bytes by hand, hours only from a measurement. */
import { describe, expect, it } from 'vitest';
import { costOf } from '../../harness/plan/cost.ts';
import { engineSettings } from '../../harness/plan/engine-settings.ts';
import { resolvePlan } from '../../harness/plan/resolve.ts';
import type { Recipe } from '../../harness/recipe/types.ts';
import { benchSizes } from '../../recipes/bench.ts';
import * as cifar10 from '../../recipes/cifar10.ts';
import * as imagenet64 from '../../recipes/imagenet64.ts';
import { mainRecipes } from '../../recipes/index.ts';
import { scales, usualSeeds } from '../../recipes/scales.ts';
import * as shapes from '../../recipes/shapes.ts';
import { engine, paperScale, planOf } from './fixtures.ts';
import type { Device } from '../../harness/core/device.ts';

describe('costOf', () => {
  // Student forward and backward 3, teacher 1, LPIPS 3 passes of VGG16, 2 FLOP per multiply-add; the fact sheet rounds to three digits.
  it.each([
    [cifar10.ct, 262, 1.1e20],
    [cifar10.ict, 170, 7.0e19],
    [cifar10.ictDeep, 306, 1.25e20],
    [imagenet64.ct, 969, 1.6e21],
    [imagenet64.ict, 877, 2.9e21],
    [imagenet64.ictDeep, 1451, 4.8e21],
  ] as const)('is the published amount of work: $id', (recipe, gflopPerImage, flop) => {
    const { flopPerTrainImage, trainFlop } = costOf(planOf({ recipe }));
    expect(Math.round(flopPerTrainImage / 1e9)).toBe(gflopPerImage);
    expect(Math.abs(trainFlop / flop - 1)).toBeLessThan(0.03);
  });

  // recipes/papers/README.md: of as many images, iCT needs 0.65 of the FLOP of CT, which sends three passes through VGG16.
  it('is less for iCT than for CT on CIFAR-10', () => {
    const [ict, ct] = [cifar10.ict, cifar10.ct].map((recipe) => costOf(planOf({ recipe })).trainFlop);
    expect(ict! / ct!).toBeCloseTo(0.65, 2);
  });

  it('counts one more forward pass where activations are computed again', () => {
    const [kept, again] = [false, true].map((recompute) => costOf(planOf({ engine: { ...engine, recompute } })));
    expect(again!.flopPerTrainImage / kept!.flopPerTrainImage).toBe(5 / 4);
    expect(again!.bytes.activations).toBeLessThan(kept!.bytes.activations / 3);
  });

  it('counts every generated image of both samplers', () => {
    const cost = costOf(planOf({ recipe: shapes.ict, scale: scales.shapes.twin! }));
    expect(cost.generatedImages).toBe(2 * (2_000 + 8 * 1_000));
    expect(cost.sampleFlop).toBe(10_000 * 3 * 2 * cost.network.macs);
  });

  it('counts every draw of the samples at the end', () => {
    const once = { ...paperScale, draws: 1 };
    const [three, one] = [paperScale, once].map((scale) => costOf(planOf({ scale })));
    expect(three!.generatedImages - one!.generatedImages).toBe(2 * 2 * 50_000);
    expect(three!.sampleFlop - one!.sampleFlop).toBe(2 * 3 * 50_000 * 2 * one!.network.macs);
  });

  it('has no hours without a measurement, and divides the work by the rate with one', () => {
    const plan = planOf();
    expect(costOf(plan).deviceSeconds).toBeNull();
    const { deviceSeconds, trainFlop, sampleFlop } = costOf(plan, { flopsPerSecond: 1e13, device: 'a test' });
    expect(deviceSeconds).toBe((trainFlop + sampleFlop) / 1e13);
  });

  it('holds weights, gradients, two moments and the sampling average, and a teacher only for CT', () => {
    const weights = 4 * 56_395_651;
    const ict = costOf(planOf()).bytes;
    const ct = costOf(planOf({ recipe: cifar10.ct })).bytes;
    expect(ict).toMatchObject({
      parameters: weights,
      gradients: weights,
      optimizer: 2 * weights,
      samplingEma: weights,
      teacher: 0,
    });
    expect([ict.checkpoint, ct.teacher, ct.checkpoint]).toEqual([4 * weights, weights, 5 * weights]);
  });

  it('is at its peak in the backward pass or in the update, whichever holds more', () => {
    const weights = 4 * 56_395_651;
    const peak = (microBatchImages: number, device: Device) =>
      costOf(planOf({ engine: { ...engine, device, microBatchImages } })).bytes;
    const many = peak(64, 'gpu');
    expect(many.peak).toBe(5 * weights + many.activations);
    expect(peak(1, 'gpu').peak).toBe(4 * weights + 6 * weights);
    expect(peak(1, 'cpu').peak - peak(1, 'gpu').peak).toBe(450 * 2 ** 20);
  });

  // Resident memory after three steps of the networks of recipes/bench.ts (float32, compiled, two cores).
  it.each([
    ['twin', {}, 621],
    ['small', {}, 1237],
    ['small', { microBatchImages: 4 }, 996],
    ['small', { recompute: true }, 902],
    ['small', { mode: 'eager' }, 3468],
    ['full', {}, 2780],
  ] as const)('is within three tenths of what was measured: %s %o', (size, settings, mebibytes) => {
    const { recipe, scale } = benchSizes[size];
    const settled = engineSettings(recipe.tuning.batchImages, { device: 'cpu', ...settings }, recipe);
    const { peak } = costOf(resolvePlan({ recipe, scale, seed: 0, engine: settled })).bytes;
    expect(Math.abs(peak / (mebibytes * 2 ** 20) - 1)).toBeLessThan(0.3);
  });

  it('keeps activations in proportion to the images of one pass', () => {
    const activations = (microBatchImages: number) =>
      costOf(planOf({ engine: { ...engine, microBatchImages } })).bytes.activations;
    expect(activations(64) / activations(1)).toBeCloseTo(64, 9);
  });

  it('knows the sizes of data set and samples on disk', () => {
    expect(costOf(planOf()).bytes).toMatchObject({ dataset: 50_000 * 3072, samples: 2 * 50_000 * 3072 });
    expect(costOf(planOf({ recipe: imagenet64.ict })).bytes.dataset).toBe(1_281_167 * 12_288);
    expect(costOf(planOf({ recipe: shapes.ict })).bytes.dataset).toBe(0);
  });

  it('counts checkpoints', () => {
    expect(costOf(planOf()).checkpoints).toBe(40);
  });
});

describe('the scales', () => {
  // recipes/scales.ts: one hour and ten hours of the whole command at 25 TFLOP/s, within a factor of 1.35 so that no comment goes stale.
  it.each([
    ['hour', 3_600],
    ['night', 36_000],
  ] as const)('of %s take about so long at the rate they are sized for', (id, seconds) => {
    for (const dataset of ['cifar10', 'imagenet64'] as const) {
      const scale = scales[dataset][id]!;
      const perSeed = mainRecipes[dataset].map(
        (recipe) => costOf(planOf({ recipe, scale }), { flopsPerSecond: 25e12, device: 'a test' }).deviceSeconds!,
      );
      const command = usualSeeds[dataset][id]!.length * (perSeed[0]! + perSeed[1]!);
      expect(Math.abs(Math.log(command / seconds))).toBeLessThan(Math.log(1.35));
    }
  });
});

describe('engineSettings', () => {
  it('differ by device and give way to what was asked for', () => {
    expect(engineSettings(1024, { device: 'gpu' })).toMatchObject({ tf32: true, microBatchImages: 128 });
    expect(engineSettings(1024, { device: 'cpu' })).toMatchObject({ tf32: false, microBatchImages: 64 });
    expect(engineSettings(1024, { device: 'cpu', microBatchImages: 4, mode: 'eager' })).toMatchObject({
      microBatchImages: 4,
      mode: 'eager',
    });
  });

  it('normalise by the native operation where there is one: on a CPU, outside XLA, unless the plain one is asked for', () => {
    expect(engineSettings(64, { device: 'cpu' }).groupNorm).toBe('native');
    expect(engineSettings(64, { device: 'cpu', groupNorm: undefined }).groupNorm).toBe('native');
    expect(engineSettings(64, { device: 'cpu', groupNorm: 'plain' })).not.toHaveProperty('groupNorm');
    expect(engineSettings(64, { device: 'cpu', xla: true })).not.toHaveProperty('groupNorm');
    expect(engineSettings(64, { device: 'gpu' })).not.toHaveProperty('groupNorm');
  });

  it('keep a pass small enough for the activations of its network, where the recipe is known', () => {
    const images = (recipe: Recipe, device: Device) => engineSettings(4096, { device }, recipe).microBatchImages;
    expect([images(cifar10.ict, 'gpu'), images(imagenet64.ict, 'gpu'), images(shapes.ict, 'cpu')]).toEqual([
      128, 32, 64,
    ]);
    expect(images(imagenet64.ictDeep, 'cpu')).toBeLessThan(images(imagenet64.ict, 'gpu'));
    expect(engineSettings(4096, { device: 'gpu', recompute: true }, imagenet64.ict).microBatchImages).toBe(128);
  });

  it('pass the whole of a small batch at once, and a divisor of an odd one', () => {
    expect(engineSettings(4, { device: 'gpu' }).microBatchImages).toBe(4);
    expect(engineSettings(100, { device: 'cpu' }).microBatchImages).toBe(50);
    expect(engineSettings(67, { device: 'cpu' }).microBatchImages).toBe(1);
  });
});
