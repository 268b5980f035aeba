/** @file bfloat16 against float32: the same step, its loss and its gradient within the format's rounding. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';
import { HostRandom } from '../../harness/core/random.ts';
import { TrainBatches } from '../../harness/data/batches.ts';
import { openShapes } from '../../harness/data/shapes.ts';
import { disposeTree } from '../../harness/engine/compile/tree.ts';
import { buildNetwork } from '../../harness/network/network.ts';
import { flatShape, parameterLayout } from '../../harness/network/flat.ts';
import { Timetable } from '../../harness/plan/timetable.ts';
import type { EngineSettings } from '../../harness/plan/types.ts';
import { pseudoHuberDistance } from '../../harness/train/distance/distance.ts';
import { initialState } from '../../harness/train/state.ts';
import { openStep } from '../../harness/train/session.ts';
import { stepInputs } from '../../harness/train/step-inputs.ts';
import { engineForTests } from '../engine/engine-fixture.ts';
import { tinyPlan } from './tiny-run.ts';

beforeAll(async () => {
  await engineForTests();
});

/** bfloat16 has 8 bits: one rounding is at most 2^-9 of a value. A loss sums thousands of them, which mostly cancel (measured 1.6e-4). */
const lossTolerance = 2 ** -7;
/** Norm of the difference of two gradients over the norm of one: every layer adds its own roundings in both directions (measured 0.019). */
const gradientTolerance = 0.05;
/** RAdam's first step is the plain gradient, so that the update is as near as the gradient is. */
const updateTolerance = gradientTolerance;

/** Loss, gradient and update of the first step. */
function firstStep(engine: Partial<EngineSettings>) {
  const plan = tinyPlan({ engine });
  const { recipe } = plan;
  const built = buildNetwork(recipe, plan.engine);
  const layout = parameterLayout(built.parameters);
  const fresh = initialState(recipe, layout, plan.seed);
  // A fresh network gives nearly zero: its loss would be that of the noise alone.
  const random = new HostRandom(0, 'bootstrap', 0);
  const before = fresh.parameters.dataSync<'float32'>().map((value) => value + 0.1 * (2 * random.uniform() - 1));
  const state = { ...fresh, parameters: tf.tensor2d(before, flatShape(layout)) };
  fresh.parameters.dispose();
  const step = openStep(plan, { network: built.network, layout, distance: pseudoHuberDistance(0.000_54), state });
  const batches = new TrainBatches(openShapes(), { seed: 0, batchImages: plan.asRun.batchImages, horizontalFlip: 0 });
  const [loss] = step.run(stepInputs(plan, new Timetable(plan), 0, batches.at(0))).dataSync<'float32'>();
  const after = step.read();
  // The first moment after one step is (1 - beta1) times the gradient.
  const gradient = after.firstMoment.dataSync<'float32'>().map((m) => m / (1 - recipe.optimizer.beta1));
  const update = after.parameters.dataSync<'float32'>().map((value, i) => value - before[i]!);
  step.dispose();
  disposeTree(after);
  return { loss: loss!, gradient, update };
}

const distanceOf = (a: Float32Array, b: Float32Array) =>
  Math.hypot(...a.map((value, i) => value - b[i]!)) / Math.hypot(...b);

it.each(['compiled', 'eager'] as const)(
  'a %s step in bfloat16 stays within the stated tolerances of float32',
  (mode) => {
    const wide = firstStep({ mode });
    const narrow = firstStep({ mode, precision: 'bfloat16' });
    expect(narrow.loss).not.toBe(wide.loss);
    expect(Math.abs(narrow.loss / wide.loss - 1)).toBeLessThan(lossTolerance);
    expect(distanceOf(narrow.gradient, wide.gradient)).toBeLessThan(gradientTolerance);
    expect(distanceOf(narrow.update, wide.update)).toBeLessThan(updateTolerance);
  },
);

it('the update of a step op by op is that of the compiled one to 1e-5', () => {
  const compiled = firstStep({});
  const eager = firstStep({ mode: 'eager' });
  expect(distanceOf(eager.update, compiled.update)).toBeLessThan(1e-5);
  expect(Math.abs(eager.loss / compiled.loss - 1)).toBeLessThan(1e-5);
});
