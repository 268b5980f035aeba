/**
 * @file The step of CT with its published loss: LPIPS, network, teacher, optimizer and averages together, against their parts put together by
 * hand. Each part alone is held to the authors' numbers by a reference case.
 */
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { configNumber, readCase } from '../../../harness/conformance/case.ts';
import { inputTensor, parameterTensors, torchLayout } from '../../../harness/conformance/networks/network-case.ts';
import { HostRandom } from '../../../harness/core/random.ts';
import { disposeTree } from '../../../harness/engine/compile/tree.ts';
import { randomKey, randomNormal } from '../../../harness/engine/operations/random.ts';
import { consistencyScalings, noiseConditioning } from '../../../harness/method/precondition.ts';
import { movingAverage } from '../../../harness/method/reference/moving-average.ts';
import { radamUpdate } from '../../../harness/method/reference/radam.ts';
import { flatShape, flattenHost, parameterLayout, unflattenHost } from '../../../harness/network/flat.ts';
import { ncsnpp } from '../../../harness/network/ncsnpp/forward.ts';
import { ncsnppArchitecture } from '../../../harness/network/ncsnpp/modules.ts';
import { buildNetwork } from '../../../harness/network/network.ts';
import { sizeOf } from '../../../harness/network/parameter.ts';
import { vgg16Groups } from '../../../harness/network/features/vgg16/modules.ts';
import { vgg16Parameters } from '../../../harness/network/features/vgg16/parameters.ts';
import { drawIntervals } from '../../../harness/plan/draws.ts';
import { Timetable } from '../../../harness/plan/timetable.ts';
import type { EngineSettings, Plan } from '../../../harness/plan/types.ts';
import type { NcsnppNetwork } from '../../../harness/recipe/types.ts';
import type { ImageDistance } from '../../../harness/train/distance/distance.ts';
import { lpipsDistance } from '../../../harness/train/distance/lpips.ts';
import { openStep } from '../../../harness/train/session.ts';
import { stepInputs } from '../../../harness/train/step-inputs.ts';
import { engineForTests } from '../../engine/engine-fixture.ts';
import { tinyPlan } from '../../journeys/tiny-run.ts';

beforeAll(async () => {
  await engineForTests();
});

/** Steps taken before: the curriculum has moved on, and RAdam rectifies. */
const k = 19;

/** Float32 in two orders of summation: of the loss, and of the gradient's length. */
const [lossTolerance, gradientTolerance] = [1e-5, 1e-4];

const planOf = (engine: Partial<EngineSettings> = {}): Plan =>
  tinyPlan({ recipe: 'shapes-ct', steps: 30, dropout: 0, engine });

/** LPIPS on the narrow VGG16 of a reference case. */
function narrowLpips(): ImageDistance {
  const reference = readCase(join(import.meta.dirname, '../../golden/networks/lpips/max-32-64'));
  const groups = vgg16Groups(configNumber(reference, 'widthDivisor'));
  return lpipsDistance({
    groups,
    vgg: parameterTensors(reference, vgg16Parameters(groups), { layout: torchLayout, except: /^lin\d$/ }),
    linear: groups.map((_, l) => inputTensor(reference, `params/lin${l}`)),
    pooling: 'max',
    resizeTo: 64,
  });
}

/** Different numbers in every part of a state, so that none can stand for another. */
function hostState(plan: Plan) {
  const layout = parameterLayout(buildNetwork(plan.recipe).parameters);
  const draw = (step: number, scale: number): Float32Array => {
    const random = new HostRandom(7, 'metrics-subset', step);
    return flattenHost(layout, ({ shape }) =>
      Float32Array.from({ length: sizeOf(shape) }, () => scale * random.normal()),
    );
  };
  return {
    layout,
    parameters: draw(0, 0.2),
    firstMoment: draw(1, 0.01),
    secondMoment: draw(2, 0.01).map((value) => value * value),
    samplingEma: draw(3, 0.2),
    teacher: draw(4, 0.2),
  };
}

function batchOf({ asRun: { batchImages } }: Plan) {
  const random = new HostRandom(7, 'data-order', 0);
  const images = Float32Array.from({ length: batchImages * 16 * 16 * 3 }, () => 2 * random.uniform() - 1);
  return { images, labels: new Int32Array(batchImages) };
}

/** The step that trains. */
function takeStep(plan: Plan) {
  const { layout, ...host } = hostState(plan);
  const flat = (values: Float32Array) => tf.tensor2d(values, flatShape(layout));
  const state = {
    parameters: flat(host.parameters),
    firstMoment: flat(host.firstMoment),
    secondMoment: flat(host.secondMoment),
    samplingEma: flat(host.samplingEma),
    teacher: flat(host.teacher),
  };
  const { network } = buildNetwork(plan.recipe, plan.engine);
  const step = openStep(plan, { network, layout, distance: narrowLpips(), state });
  const metrics = step.run(stepInputs(plan, new Timetable(plan), k, batchOf(plan)));
  const [loss, gradientNorm] = metrics.dataSync();
  const after = step.read();
  const values = Object.fromEntries(
    (['parameters', 'firstMoment', 'secondMoment', 'samplingEma', 'teacher'] as const).map((part) => [
      part,
      Float64Array.from(after[part]!.dataSync()),
    ]),
  );
  step.dispose();
  disposeTree([after, metrics]);
  return { loss: loss!, gradientNorm: gradientNorm!, values };
}

/** The same by hand: the loss image by image, operation by operation; optimizer and averages in float64. */
function composeStep(plan: Plan) {
  const { recipe, asRun } = plan;
  const { layout, ...host } = hostState(plan);
  const stage = new Timetable(plan).at(k);
  const distance = narrowLpips();
  const architecture = ncsnppArchitecture(recipe.network as NcsnppNetwork);
  const intervals = drawIntervals(plan.seed, k, asRun.batchImages, stage.cumulative);
  const shape = [asRun.batchImages, 16, 16, 3];
  const images = tf.unstack(tf.tensor(batchOf(plan).images, shape));
  const noise = tf.unstack(randomNormal(shape, randomKey(plan.seed, 'noise', k)));
  const named = (values: Float32Array) => {
    const parts = unflattenHost(layout, values);
    return Object.fromEntries(layout.parameters.map((p) => [p.name, tf.tensor(parts.get(p.name)!, [...p.shape])]));
  };
  const f = (parameters: Record<string, tf.Tensor>, image: number, sigma: number): tf.Tensor => {
    const x = tf.expandDims(tf.add(images[image]!, tf.mul(noise[image]!, sigma)), 0);
    const { cSkip, cOut, cIn } = consistencyScalings(sigma, recipe.levels);
    const cNoise = tf.tensor1d([noiseConditioning('ncsnpp', sigma)]);
    return tf.add(tf.mul(x, cSkip), tf.mul(ncsnpp(architecture, { parameters }, tf.mul(x, cIn), cNoise), cOut));
  };
  const teacher = named(host.teacher);
  const targets = Array.from(intervals, (interval, image) => f(teacher, image, stage.levels[interval]!));
  const names = layout.parameters.map(({ name }) => name);
  const start = named(host.parameters);
  const { value, grads } = tf.valueAndGrads((...values: tf.Tensor[]) => {
    const own = Object.fromEntries(names.map((name, i) => [name, values[i]!]));
    const distances = Array.from(intervals, (interval, image) =>
      tf.mul(distance(f(own, image, stage.levels[interval + 1]!), targets[image]!), stage.lambda[interval]!),
    );
    return tf.mean(tf.concat(distances));
  })(names.map((name) => start[name]!));
  const byName = new Map(names.map((name, i) => [name, grads[i]!.dataSync<'float32'>()]));
  const gradient = flattenHost(layout, ({ name }) => byName.get(name)!);
  const updated = radamUpdate(
    recipe.optimizer,
    recipe.tuning.learningRate,
    k + 1,
    {
      parameters: Float64Array.from(host.parameters),
      first: Float64Array.from(host.firstMoment),
      second: Float64Array.from(host.secondMoment),
    },
    gradient,
  );
  const averaged = (before: Float32Array, decay: number) =>
    movingAverage(Float64Array.from(before), updated.parameters, decay);
  return {
    loss: value.dataSync()[0]!,
    gradientNorm: Math.hypot(...gradient),
    values: {
      parameters: updated.parameters,
      firstMoment: updated.first,
      secondMoment: updated.second,
      samplingEma: averaged(host.samplingEma, asRun.samplingEmaDecay),
      teacher: averaged(host.teacher, stage.muTeacher!),
    },
  };
}

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);
}

describe('the step of CT with LPIPS', () => {
  test.each([{}, { microBatchImages: 2 }, { microBatchImages: 4, recompute: true }, { mode: 'eager' }] as const)(
    'is loss, gradient, RAdam and averages of its parts: %j',
    (engine) => {
      const taken = takeStep(planOf(engine));
      const composed = tf.tidy(() => composeStep(planOf()) as unknown as tf.TensorContainer) as unknown as ReturnType<
        typeof composeStep
      >;
      expect(Math.abs(taken.loss / composed.loss - 1)).toBeLessThan(lossTolerance);
      expect(Math.abs(taken.gradientNorm / composed.gradientNorm - 1)).toBeLessThan(gradientTolerance);
      // Moments carry a tenth and a thousandth of the gradient; weights of order 0.1 move by the rate at most.
      for (const [part, tolerance] of [
        ['firstMoment', 0.1 * gradientTolerance * composed.gradientNorm],
        ['secondMoment', 1e-3 * gradientTolerance * composed.gradientNorm ** 2],
        ['parameters', 1e-6],
        ['samplingEma', 1e-6],
        ['teacher', 1e-6],
      ] as const)
        expect(largestDifference(taken.values[part]!, composed.values[part])).toBeLessThan(tolerance);
    },
  );
});
