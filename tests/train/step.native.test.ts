/** @file One training step: the order of its updates, the teacher it uses, the masks it shares, the labels it passes on. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { sizeOf } from '../../harness/network/parameter.ts';
import { HostRandom } from '../../harness/core/random.ts';
import { compile } from '../../harness/engine/compile/compile.ts';
import { foldLane, randomKey, randomNormal, randomUniform } from '../../harness/engine/operations/random.ts';
import { consistencyScalings, noiseConditioning } from '../../harness/method/precondition.ts';
import { movingAverage } from '../../harness/method/reference/moving-average.ts';
import { radamUpdate } from '../../harness/method/reference/radam.ts';
import { sharedDropout, type Dropout } from '../../harness/network/dropout.ts';
import { admArchitecture } from '../../harness/network/adm/modules.ts';
import { admParameters } from '../../harness/network/adm/parameters.ts';
import { adm } from '../../harness/network/adm/forward.ts';
import { buildNetwork } from '../../harness/network/network.ts';
import {
  flatShape,
  flattenHost,
  initialValues,
  parameterLayout,
  unflatten,
  unflattenHost,
} from '../../harness/network/flat.ts';
import type { AdmNetwork, NcsnppNetwork, Recipe } from '../../harness/recipe/types.ts';
import { squaredL2Distance } from '../../harness/train/distance/distance.ts';
import { consistencyLoss } from '../../harness/train/loss.ts';
import { radamScalars } from '../../harness/train/update/optimizer.ts';
import { initialState } from '../../harness/train/state.ts';
import { levelRows, trainStep, type StepInputs, type TrainState } from '../../harness/train/step.ts';
import * as cifar10 from '../../recipes/cifar10.ts';
import * as imagenet64 from '../../recipes/imagenet64.ts';
import { engineForTests } from '../engine/engine-fixture.ts';

/** Float32 on the device beside float64 on the host; weights are of order one, an update of order the rate. */
const tolerance = 1e-6;

const ncsnppNetwork: NcsnppNetwork = {
  kind: 'ncsnpp',
  resolution: 4,
  baseChannels: 4,
  channelMultipliers: [1, 2],
  blocksPerLevel: 1,
  attentionResolutions: [2],
};
const admNetwork: AdmNetwork = {
  kind: 'adm',
  resolution: 4,
  baseChannels: 32,
  channelMultipliers: [1, 2],
  blocksPerLevel: 1,
  attentionResolutions: [2],
  headChannels: 32,
  scaleShiftNorm: true,
  qkvNorm: false,
  dropoutBy: 'feature-map',
  classes: 5,
};
const images = 3;
const [samplingDecay, teacherDecay, learningRate] = [0.9, 0.6, 0.01];

const narrow = (recipe: Recipe, network: Recipe['network'], dropout = 0): Recipe => ({
  ...recipe,
  network,
  tuning: { ...recipe.tuning, dropout, learningRate },
});

beforeAll(async () => {
  await engineForTests();
});

function workplace(recipe: Recipe) {
  const built = buildNetwork(recipe);
  const layout = parameterLayout(built.parameters);
  const random = (seed: number): Float32Array => {
    const draw = new HostRandom(seed, 'metrics-subset', 0);
    return flattenHost(layout, ({ shape }) => Float32Array.from({ length: sizeOf(shape) }, () => 0.3 * draw.normal()));
  };
  const flat = (values: Float32Array) => tf.tensor2d(values, flatShape(layout));
  const step = trainStep({
    recipe,
    layout,
    network: built.network,
    distance: squaredL2Distance,
    microBatchImages: images,
    recompute: false,
  });
  return { built, layout, random, flat, step };
}

/** @param sigmas [student, teacher] of each image */
function inputsOf(recipe: Recipe, t: number, sigmas: readonly (readonly [number, number])[]): StepInputs {
  const kind = recipe.network.kind;
  const scalings = (sigma: number) => {
    const { cSkip, cOut, cIn } = consistencyScalings(sigma, recipe.levels);
    return [cSkip, cOut, cIn, noiseConditioning(kind, sigma)];
  };
  const columns = sigmas.map(([student, teacher]) => [student, teacher, 2, ...scalings(student), ...scalings(teacher)]);
  const table = levelRows.flatMap((_, row) => columns.map((column) => column[row]!));
  const { resolution } = recipe.network;
  return {
    images: randomNormal([images, resolution, resolution, 3], randomKey(1, 'metrics-subset', 0)),
    labels: kind === 'adm' ? tf.tensor1d([4, 0, 4], 'int32') : null,
    levelTable: tf.tensor2d(table, [levelRows.length, images]),
    scalars: tf.tensor1d([...radamScalars(recipe.optimizer, learningRate, t), 1 - samplingDecay, 1 - teacherDecay]),
    noise: { key: randomKey(1, 'noise', t - 1) },
    dropoutKey: randomKey(1, 'dropout', t - 1),
  };
}

const apart = [
  [0.5, 0.4],
  [3, 2],
  [20, 17],
] as const;

function largest(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  return Array.from(actual).reduce((worst, value, i) => Math.max(worst, Math.abs(value - expected[i]!)), 0);
}

describe('the order of updates', () => {
  test('is loss with the old teacher, RAdam, sampling average and teacher of the new weights', () => {
    const recipe = narrow(cifar10.ct, ncsnppNetwork);
    const { built, layout, random, flat, step } = workplace(recipe);
    const host = [0, 1, 2, 3].map(random);
    const [theta, first, ema, teacher] = host as [Float32Array, Float32Array, Float32Array, Float32Array];
    const second = random(4).map(Math.abs);
    const state: TrainState = {
      parameters: flat(theta),
      firstMoment: flat(first),
      secondMoment: flat(second),
      samplingEma: flat(ema),
      teacher: flat(teacher),
    };
    const t = 20;
    const inputs = inputsOf(recipe, t, apart);
    const [next, metrics] = step(state, inputs);

    const rows = tf.unstack(inputs.levelTable);
    const scalings = (from: number) => ({
      cSkip: rows[from]!,
      cOut: rows[from + 1]!,
      cIn: rows[from + 2]!,
      cNoise: rows[from + 3]!,
    });
    const dropout = sharedDropout({ rate: 0, maxResolution: null, key: inputs.dropoutKey });
    const network = (values: tf.Tensor) => built.network(unflatten(layout, values), dropout, null);
    const { value, grad } = tf.valueAndGrad(
      (values: tf.Tensor) =>
        consistencyLoss({
          images: inputs.images,
          noise: randomNormal(inputs.images.shape, randomKey(1, 'noise', t - 1)),
          levels: {
            sigmaStudent: rows[0]!,
            sigmaTeacher: rows[1]!,
            lambda: rows[2]!,
            student: scalings(3),
            teacher: scalings(7),
          },
          student: network(values),
          teacher: network(flat(teacher)),
          distance: squaredL2Distance,
        }).loss as tf.Scalar,
    )(state.parameters);
    const updated = radamUpdate(
      recipe.optimizer,
      learningRate,
      t,
      {
        parameters: Float64Array.from(theta),
        first: Float64Array.from(first),
        second: Float64Array.from(second),
      },
      grad.dataSync(),
    );
    expect(metrics.dataSync()[0]).toBeCloseTo(value.dataSync()[0]!, 6);
    expect(largest(next.parameters.dataSync(), updated.parameters)).toBeLessThan(tolerance);
    expect(largest(next.firstMoment.dataSync(), updated.first)).toBeLessThan(tolerance);
    expect(largest(next.secondMoment.dataSync(), updated.second)).toBeLessThan(tolerance);
    const averaged = (old: Float32Array, decay: number) =>
      movingAverage(Float64Array.from(old), updated.parameters, decay);
    expect(largest(next.samplingEma.dataSync(), averaged(ema, samplingDecay))).toBeLessThan(tolerance);
    expect(largest(next.teacher!.dataSync(), averaged(teacher, teacherDecay))).toBeLessThan(tolerance);
  });
});

describe('the first state', () => {
  test.each([
    [cifar10.ct, true],
    [cifar10.ict, false],
  ])('has both averages at the initial weights, and a teacher of its own only for CT: $id', (recipe, hasTeacher) => {
    const own = narrow(recipe, ncsnppNetwork);
    const { layout } = workplace(own);
    const state = initialState(own, layout, 3);
    const weights = [...initialValues(layout, 3)];
    expect([...state.parameters.dataSync()]).toEqual(weights);
    expect([...state.samplingEma.dataSync()]).toEqual(weights);
    expect(state.teacher && [...state.teacher.dataSync()]).toEqual(hasTeacher ? weights : null);
    expect(state.firstMoment.dataSync().every((v) => v === 0)).toBe(true);
    expect(state.secondMoment.dataSync().every((v) => v === 0)).toBe(true);
  });
});

describe('dropout', () => {
  test('has the same masks in student and teacher: at equal levels the two agree to the bit', () => {
    const recipe = narrow(cifar10.ict, ncsnppNetwork, 0.5);
    const { random, flat, step } = workplace(recipe);
    const [weights, zeros] = [flat(random(0)), flat(random(0).fill(0))];
    const state: TrainState = {
      parameters: weights,
      firstMoment: zeros,
      secondMoment: zeros,
      samplingEma: weights,
      teacher: null,
    };
    const equal = apart.map(([student]) => [student, student] as const);
    expect([...step(state, inputsOf(recipe, 1, equal))[1].dataSync()]).toEqual([0, 0]);
    // It does act: without dropout the loss at other levels is another one.
    const dropped = step(state, inputsOf(recipe, 1, apart))[1].dataSync()[0]!;
    const whole = workplace(narrow(cifar10.ict, ncsnppNetwork))
      .step(state, inputsOf(recipe, 1, apart))[1]
      .dataSync()[0]!;
    expect(Math.abs(dropped - whole)).toBeGreaterThan(1e-3 * whole);
  });

  test('keeps a value with probability 1 - rate and divides it by that', () => {
    const key = randomKey(0, 'dropout', 5);
    const features = tf.ones([10, 16, 16, 8]);
    const mask = sharedDropout({ rate: 0.3, maxResolution: null, key }).drop(2, features, 16).dataSync();
    const kept = mask.filter((value) => value > 0);
    expect(kept.every((value) => value === Math.fround(1 / 0.7))).toBe(true);
    // 20,480 draws: the standard deviation of the share is 0.0032.
    expect(Math.abs(kept.length / mask.length - 0.7)).toBeLessThan(4 * 0.0032);
    const uniform = randomUniform(features.shape, foldLane(key, 3)).dataSync();
    expect([...mask].every((value, i) => value > 0 === uniform[i]! >= 0.3)).toBe(true);
  });

  // Encoder with the blocks that lead down, middle, decoder with the blocks that lead up.
  const inputWidths = [16, 16, 8, 8, 4, 4, 2, 2, 2, 2, 2, 2, 4, 4, 4, 8, 8, 8, 16, 16];
  const maskedWidths = [16, 8, 8, 4, 4, 2, 2, 2, 2, 2, 2, 4, 4, 4, 8, 8, 8, 16, 16, 16];

  /** Of each block of an ADM whose dropout acts up to width 4: the width of the masked map, and whether it was masked. */
  function blocksOf(dropoutBy: AdmNetwork['dropoutBy']) {
    const architecture = admArchitecture({
      ...admNetwork,
      resolution: 16,
      channelMultipliers: [1, 1, 1, 1],
      attentionResolutions: [],
      dropoutBy,
    });
    const parameters = Object.fromEntries(
      admParameters(architecture).map(({ name, shape }) => [name, tf.zeros([...shape])]),
    );
    const inner = sharedDropout({ rate: 0.2, maxResolution: 4, key: randomKey(0, 'dropout', 0) });
    const blocks: { width: number; masked: boolean }[] = [];
    const dropout: Dropout = {
      drop: (block, features, width) => {
        const dropped = inner.drop(block, features, width);
        blocks.push({ width: features.shape[1]!, masked: dropped !== features });
        return dropped;
      },
    };
    adm(architecture, { parameters, dropout }, tf.zeros([1, 16, 16, 3]), tf.zeros([1]), tf.zeros([1], 'int32'));
    return blocks;
  }

  test('acts by the feature map that it masks: in the block that enters the largest width, not in the one that leaves it', () => {
    expect(blocksOf('feature-map')).toEqual(maskedWidths.map((width) => ({ width, masked: width <= 4 })));
  });

  test("acts by the block's input where the recipe says so, as an independent reproduction reads it", () => {
    expect(blocksOf('block-input')).toEqual(
      maskedWidths.map((width, block) => ({ width, masked: inputWidths[block]! <= 4 })),
    );
  });

  test('acts by the feature map in NCSN++ as well', () => {
    const recipe = narrow(cifar10.ict, ncsnppNetwork);
    const { built, layout, flat, random } = workplace(recipe);
    const inner = sharedDropout({ rate: 0.2, maxResolution: 2, key: randomKey(0, 'dropout', 0) });
    const masked: boolean[] = [];
    const dropout: Dropout = {
      drop: (block, features, width) => {
        const dropped = inner.drop(block, features, width);
        masked.push((dropped !== features) === features.shape[1]! <= 2);
        return dropped;
      },
    };
    built.network(unflatten(layout, flat(random(0))), dropout, null)(tf.zeros([1, 4, 4, 3]), tf.zeros([1]));
    expect(masked.length).toBeGreaterThan(4);
    expect(masked).not.toContain(false);
  });
});

describe('ADM', () => {
  test.each([true, false])(
    'takes a step with labels; only the labels of the batch learn (scale and shift %s)',
    (scaleShiftNorm) => {
      const recipe = narrow(imagenet64.ct, { ...admNetwork, scaleShiftNorm });
      const { layout, random, flat, step } = workplace(recipe);
      const [weights, zeros] = [random(0), random(0).fill(0)];
      const state: TrainState = {
        parameters: flat(weights),
        firstMoment: flat(zeros),
        secondMoment: flat(zeros),
        samplingEma: flat(weights),
        teacher: flat(random(1)),
      };
      const inputs = inputsOf(recipe, 1, apart);
      const [next, metrics] = step(state, inputs);
      expect(metrics.dataSync().every(Number.isFinite)).toBe(true);
      const compiled = compile(step);
      const [compiledNext, compiledMetrics] = compiled(state, inputs) as [TrainState, tf.Tensor];
      const relative = largest(compiledMetrics.dataSync(), metrics.dataSync()) / metrics.dataSync()[1]!;
      expect(relative).toBeLessThan(1e-5);
      expect(largest(compiledNext.parameters.dataSync(), next.parameters.dataSync())).toBeLessThan(1e-5);
      compiled.dispose();
      const before = unflattenHost(layout, weights).get('label_emb.weight')!;
      const after = unflattenHost(layout, next.parameters.dataSync<'float32'>()).get('label_emb.weight')!;
      const width = before.length / 5;
      const moved = [0, 1, 2, 3, 4].map((label) => {
        const row = (values: Float32Array) => values.subarray(label * width, (label + 1) * width);
        return largest(row(after), row(before)) > 0;
      });
      expect(moved).toEqual([true, false, false, false, true]);
    },
  );
});
