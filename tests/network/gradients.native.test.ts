/** @file A second opinion on gradients: every kind of layer against central differences of its own values. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { admArchitecture } from '../../harness/network/adm/modules.ts';
import { admParameters } from '../../harness/network/adm/parameters.ts';
import { ncsnppArchitecture } from '../../harness/network/ncsnpp/modules.ts';
import { blockParameters, ncsnppParameters } from '../../harness/network/ncsnpp/parameters.ts';
import type { Parameter } from '../../harness/network/parameter.ts';
import { sizeOf } from '../../harness/network/parameter.ts';
import { vgg16Groups } from '../../harness/network/features/vgg16/modules.ts';
import { vgg16Parameters } from '../../harness/network/features/vgg16/parameters.ts';
import { HostRandom } from '../../harness/core/random.ts';
import { broadcastTo, frozen, stopGradient } from '../../harness/engine/operations/gradients.ts';
import { lookUp } from '../../harness/engine/operations/look-up.ts';
import { nativeGroupNorm } from '../../harness/engine/ops.ts';
import { adm, sinusoids } from '../../harness/network/adm/forward.ts';
import { consistency } from '../../harness/network/consistency.ts';
import { attention, convolution, dense, groupNorm, swish, unitRootMeanSquare } from '../../harness/network/layers.ts';
import { ncsnpp, ncsnppBlock } from '../../harness/network/ncsnpp/forward.ts';
import { parameterLayout, unflatten } from '../../harness/network/flat.ts';
import {
  averagePool,
  firBeforeStride,
  firDown,
  firUp,
  halfPixelBilinear,
  mapAxes,
  repeatPixels,
} from '../../harness/network/resample.ts';
import { vgg16Features } from '../../harness/network/features/vgg16/forward.ts';
import { l1Distance, pseudoHuberDistance, squaredL2Distance } from '../../harness/train/distance/distance.ts';
import { consistencyLoss } from '../../harness/train/loss.ts';
import { encoderParameters } from '../../harness/network/features/shapes-encoder/modules.ts';
import { lpipsDistance } from '../../harness/train/distance/lpips.ts';
import { openShapesPerceptual, shapesPerceptualDistance } from '../../harness/train/distance/shapes-perceptual.ts';
import { engineForTests } from '../engine/engine-fixture.ts';

beforeAll(async () => {
  await engineForTests();
});

/**
 * Half the distance of a central difference. Rounding of the values (6e-8 each) divided by it and the third derivative times its square,
 * once extrapolated, both stay below the tolerance.
 */
const step = 0.01;
/** Of the length of the gradient times that of the direction. */
const tolerance = 1e-3;
/** Where values have kinks some lie inside the step. */
const kinkTolerance = 1e-2;
const directions = 3;

type Shapes = readonly (readonly number[])[];

let serial = 0;
function normal(shape: readonly number[], scale = 1): Float32Array {
  const random = new HostRandom(7, 'metrics-subset', serial++);
  return Float32Array.from({ length: sizeOf(shape) }, () => scale * random.normal());
}

/**
 * Compares the gradient of sum(f(inputs) w), w random, with differences along random directions, input by input.
 * @param inputs shapes of the inputs, drawn from a normal distribution of standard deviation `scale`
 */
function agree(
  f: (...inputs: tf.Tensor[]) => tf.Tensor,
  inputs: Shapes,
  { within = tolerance, by = step, scale = 1 }: { within?: number; by?: number; scale?: number } = {},
): void {
  serial = 0;
  const values = inputs.map((shape) => normal(shape, scale));
  const tensorsOf = (hosts: readonly Float32Array[]) => hosts.map((host, i) => tf.tensor(host, [...inputs[i]!]));
  const weights = normal(tf.tidy(() => f(...tensorsOf(values)).shape));
  // Weighted on the host in float64: the rounding of a sum on the device would drown the difference.
  const weighted = (hosts: readonly Float32Array[]): number =>
    tf.tidy(() => f(...tensorsOf(hosts)).dataSync<'float32'>()).reduce((sum, y, i) => sum + y * weights[i]!, 0);
  const gradients = tf.tidy(() => {
    const pass = tf.grads((...xs: tf.Tensor[]) => {
      const y = f(...xs);
      return tf.sum(tf.mul(y, tf.tensor(weights, y.shape)));
    });
    return pass(tensorsOf(values)).map((gradient) => gradient.dataSync<'float32'>());
  });
  inputs.forEach((shape, i) => {
    for (let k = 0; k < directions; k++) {
      const v = normal(shape);
      const moved = (h: number) => values.map((host, j) => (j === i ? host.map((x, e) => x + h * v[e]!) : host));
      const difference = (h: number) => (weighted(moved(h)) - weighted(moved(-h))) / (2 * h);
      // Richardson: the error of order h^2 cancels.
      const measured = (4 * difference(by) - difference(2 * by)) / 3;
      const computed = gradients[i]!.reduce((sum, g, e) => sum + g * v[e]!, 0);
      const size = length(gradients[i]!);
      expect(size).toBeGreaterThan(0);
      expect(Math.abs(measured - computed) / (size * length(v)), `input ${i}, direction ${k}`).toBeLessThan(within);
    }
  });
}

function length(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
}

describe('layers', () => {
  test('3x3 convolution', () => agree((x, k, b) => convolution(x, k, b), [[2, 5, 5, 3], [3, 3, 3, 4], [4]]));
  test('1x1 convolution', () => agree((x, k, b) => convolution(x, k, b), [[2, 4, 4, 3], [1, 1, 3, 5], [5]]));
  test('dense', () => agree((x, k, b) => dense(x, k, b), [[3, 4], [4, 6], [6]]));
  test('swish', () => agree(swish, [[4, 9]]));

  test('vectors of root mean square 1', () => agree(unitRootMeanSquare, [[2, 3, 8]]));

  test('a vector that is zero, scaled to a root mean square of 1, has a gradient', () => {
    const gradient = tf.grad((x: tf.Tensor) => unitRootMeanSquare(x))(tf.zeros([1, 4]));
    for (const value of gradient.dataSync()) expect(value).toBeCloseTo(1e4, -1);
  });
  test.each([
    [false, 4, 1e-6],
    [true, 4, 1e-5],
    [true, 8, 1e-5],
  ])('group normalisation, with swish: %s, %i groups', (withSwish, groups, epsilon) =>
    agree((x, scale, bias) => groupNorm(x, { scale, bias, groups, epsilon }, withSwish), [[2, 3, 3, 8], [8], [8]]),
  );
  test.each([
    [false, 4],
    [true, 8],
  ])('native group normalisation, with swish: %s, %i groups', (withSwish, groups) =>
    agree(
      (x, scale, bias) => nativeGroupNorm(x, { scale, bias, groups, epsilon: 1e-5 }, withSwish),
      [[2, 3, 3, 8], [8], [8]],
    ),
  );
  test('attention', () =>
    agree(
      (q, k, v) => attention(q, k, v),
      [
        [2, 6, 4],
        [2, 6, 4],
        [2, 6, 4],
      ],
    ));
  test('sinusoids of the noise', () => agree((noise) => sinusoids(noise, 8), [[5]]));
  test('max pooling', () =>
    agree((x) => tf.maxPool(x as tf.Tensor4D, 2, 2, 'valid'), [[2, 6, 6, 3]], { within: kinkTolerance, by: 1e-3 }));
  test('average pooling, even and odd', () => {
    agree(averagePool, [[2, 4, 4, 3]]);
    agree(averagePool, [[2, 5, 5, 3]]);
  });
  test('repetition of pixels', () => agree(repeatPixels, [[2, 3, 3, 4]]));
  test('label embedding', () => agree((table) => lookUp(table, tf.tensor1d([2, 0, 2], 'int32')), [[4, 3]]));
  test.each([
    ['FIR up', firUp(4), 4],
    ['FIR down', firDown(6), 6],
    ['FIR before a stride', firBeforeStride(4), 4],
    ['half-pixel bilinear', halfPixelBilinear(4, 11), 4],
  ])('resampling: %s', (_name, map, size) => agree((x) => mapAxes(x, map), [[2, size, size, 3]]));
  test('the flat parameters', () => {
    const declared: Parameter[] = [
      { name: 'a', shape: [3, 5], initial: { kind: 'zeros' }, trainable: true },
      { name: 'b', shape: [17], initial: { kind: 'zeros' }, trainable: true },
    ];
    const layout = parameterLayout(declared);
    agree(
      (flat) => {
        const { a, b } = unflatten(layout, flat) as { a: tf.Tensor; b: tf.Tensor };
        return tf.concat([tf.reshape(tf.square(a), [15]), tf.exp(tf.mul(b, 0.3))]);
      },
      [[layout.totalRows, 16]],
    );
  });
});

describe('gradients that the engine replaces', () => {
  test('sums and means over some axes and over all', () => {
    agree((x) => tf.sum(tf.square(x), [1, 3]), [[2, 3, 2, 4]]);
    agree((x) => tf.mean(tf.exp(x), 1, true), [[3, 4]]);
    agree((x) => tf.mean(tf.square(x)), [[3, 4]]);
  });
  test('ReLU', () => agree(tf.relu, [[40]], { within: kinkTolerance, by: 1e-3 }));
  test('stop-gradient and frozen tensors, which let nothing through', () => {
    const x = tf.tensor1d([1, 2]);
    expect([
      ...tf
        .grad((t: tf.Tensor) =>
          tf.add(
            tf.square(t),
            stopGradient(() => tf.mul(t, 5)),
          ),
        )(x)
        .dataSync(),
    ]).toEqual([2, 4]);
    expect([
      ...tf
        .grad((t: tf.Tensor) => tf.add(t, tf.square(frozen(t))))(x)
        .dataSync(),
    ]).toEqual([1, 1]);
  });
  test('broadcast, of which only the value is used', () => {
    expect([...broadcastTo(tf.tensor2d([[1], [2]]), [2, 3]).dataSync()]).toEqual([1, 1, 1, 2, 2, 2]);
  });
});

describe('distances', () => {
  const pair: Shapes = [
    [3, 4, 4, 3],
    [3, 4, 4, 3],
  ];
  test('squared l2', () => agree(squaredL2Distance, pair));
  test('l1', () => agree(l1Distance, pair, { within: kinkTolerance, by: 1e-3 }));
  test('pseudo-Huber far from its minimum and near it', () => {
    agree(pseudoHuberDistance(0.00054), pair);
    // ||x - y|| is about c here, as at many levels.
    agree(pseudoHuberDistance(1), pair, { scale: 0.5 });
  });
  test.each([
    ['max', kinkTolerance],
    ['average', tolerance],
  ] as const)('LPIPS with %s pooling', (pooling, within) => {
    const groups = vgg16Groups(32);
    const linear = groups.map((group) => tf.abs(tf.tensor1d(normal([group.at(-1)!.outChannels]))));
    const options = { groups, vgg: positive(vgg16Parameters(groups)), linear, pooling, resizeTo: 32 };
    const y = bright(tf.tensor(normal([1, 16, 16, 3]), [1, 16, 16, 3]));
    agree((x) => lpipsDistance(options)(bright(x), y), [[1, 16, 16, 3]], {
      within,
      by: within === tolerance ? step : 1e-3,
    });
  });
  test('perceptual distance of shapes, with drawn and with the committed weights', async () => {
    const own = drawn(encoderParameters, 0.3);
    const y = tf.tensor(normal([2, 16, 16, 3]), [2, 16, 16, 3]);
    for (const distance of [shapesPerceptualDistance(own), await openShapesPerceptual()])
      agree((x) => distance(x, y), [[2, 16, 16, 3]], { within: kinkTolerance, by: 1e-3, scale: 0.5 });
  });
  test('LPIPS of an image with itself is zero, and so is its gradient', () => {
    const groups = vgg16Groups(32);
    const vgg = drawn(vgg16Parameters(groups), 0.5);
    const linear = groups.map((group) => tf.ones([group.at(-1)!.outChannels]));
    const distance = lpipsDistance({ groups, vgg, linear, pooling: 'max', resizeTo: 32 });
    const x = tf.tensor(normal([2, 16, 16, 3], 0.5), [2, 16, 16, 3]);
    const { value, grad } = tf.valueAndGrad((t: tf.Tensor) => tf.sum(distance(t, x)))(x);
    expect(value.dataSync()[0]).toBe(0);
    expect(grad.dataSync().every((g) => g === 0)).toBe(true);
  });
});

describe('blocks', () => {
  test.each(['none', 'down', 'up'] as const)('residual block of NCSN++, resampling %s', (resample) => {
    const module = { name: 'b', inChannels: 8, outChannels: 12, resample, resolution: 4, projected: true } as const;
    const declared = blockParameters(module, 6);
    agree(
      (x, embedding, ...values) => ncsnppBlock(module, { parameters: named(declared, values) }, x, embedding),
      [[2, 4, 4, 8], [2, 6], ...declared.map(({ shape }) => shape)],
      { scale: 0.5 },
    );
  });

  test('VGG16, its five features', () => {
    const groups = vgg16Groups(32);
    const declared = vgg16Parameters(groups);
    agree(
      (x, ...values) => {
        const parameters = positive(declared, values);
        const features = vgg16Features(groups, parameters, bright(x), 'average');
        return tf.concat(features.map((feature) => tf.reshape(feature, [feature.size])));
      },
      [[1, 16, 16, 3], ...declared.map(({ shape }) => shape)],
      // Features of one sign are large beside their changes, and so is their rounding.
      { within: 3 * tolerance },
    );
  });
});

describe('whole networks, through the consistency function', () => {
  const scalings = () => ({
    cSkip: tf.tensor1d([0.3, 0.9]),
    cOut: tf.tensor1d([0.5, 0.2]),
    cIn: tf.tensor1d([0.8, 1.5]),
    cNoise: tf.tensor1d([0.4, -0.3]),
  });

  test('NCSN++', () => {
    const architecture = ncsnppArchitecture({
      kind: 'ncsnpp',
      resolution: 4,
      baseChannels: 4,
      channelMultipliers: [1, 2],
      blocksPerLevel: 1,
      attentionResolutions: [2],
    });
    const declared = ncsnppParameters(architecture, 1);
    const flat = drawn(declared, 0.5);
    agree(
      (x, kernel) =>
        consistency(
          (input, noise) => ncsnpp(architecture, { parameters: { ...flat, 'Conv_0/kernel': kernel } }, input, noise),
          x,
          scalings(),
        ),
      [
        [2, 4, 4, 3],
        [3, 3, 3, 4],
      ],
    );
  });

  test.each([
    [true, false],
    [false, false],
    [false, true],
  ])('ADM, scale and shift %s, normalised queries, keys and values %s', (scaleShiftNorm, qkvNorm) => {
    const architecture = admArchitecture({
      kind: 'adm',
      resolution: 4,
      baseChannels: 64,
      channelMultipliers: [1, 1],
      blocksPerLevel: 1,
      attentionResolutions: [2],
      headChannels: 32,
      scaleShiftNorm,
      qkvNorm,
      dropoutBy: 'feature-map',
      classes: 3,
    });
    const declared = admParameters(architecture);
    const parameters = drawn(declared, 0.1);
    const labels = tf.tensor1d([2, 0], 'int32');
    agree(
      (x, table, qkv) =>
        consistency(
          (input, noise) => {
            const changed = { ...parameters, 'label_emb.weight': table, 'middle_block.1.qkv.weight': qkv };
            return adm(architecture, { parameters: changed }, input, noise, labels);
          },
          x,
          scalings(),
        ),
      [
        [2, 4, 4, 3],
        [3, 256],
        [1, 1, 64, 192],
      ],
      { scale: 0.3 },
    );
  });

  test('the loss, whose teacher is a constant', () => {
    const images = tf.tensor(normal([2, 4, 4, 3], 0.5), [2, 4, 4, 3]);
    const noise = tf.tensor(normal([2, 4, 4, 3]), [2, 4, 4, 3]);
    const levels = {
      sigmaStudent: tf.tensor1d([0.5, 2]),
      sigmaTeacher: tf.tensor1d([0.4, 1.8]),
      lambda: tf.tensor1d([10, 5]),
      student: scalings(),
      teacher: scalings(),
    };
    const pixelwise = (w: tf.Tensor) => (x: tf.Tensor) => tf.tanh(tf.mul(x, w));
    const fixed = tf.tensor1d([0.4, -0.6, 0.9]);
    agree(
      (w) =>
        consistencyLoss({
          images,
          noise,
          levels,
          student: pixelwise(w),
          teacher: pixelwise(fixed),
          distance: pseudoHuberDistance(0.1),
        }).loss,
      [[3]],
    );
    // The teacher's own weights get no gradient, even where they are the student's.
    const shared = (teacherShares: boolean) =>
      tf.grad((w: tf.Tensor) => {
        const teacher = pixelwise(teacherShares ? w : fixed);
        const loss = consistencyLoss({
          images,
          noise,
          levels,
          student: pixelwise(w),
          teacher,
          distance: squaredL2Distance,
        });
        return loss.loss;
      })(fixed);
    expect([...shared(true).dataSync()]).toEqual([...shared(false).dataSync()]);
  });
});

function drawn(declared: readonly Parameter[], scale: number): Record<string, tf.Tensor> {
  return Object.fromEntries(declared.map(({ name, shape }) => [name, tf.tensor(normal(shape, scale), [...shape])]));
}

/**
 * Weights above zero, of sum about one per output: with images above zero every ReLU is open, so that nothing has a kink. That ReLU closes
 * is seen above and by the reference cases.
 */
function positive(
  declared: readonly Parameter[],
  values: readonly tf.Tensor[] = declared.map(({ shape }) => tf.tensor(normal(shape), [...shape])),
): Record<string, tf.Tensor> {
  return Object.fromEntries(
    declared.map(({ name, shape }, i) => [
      name,
      tf.div(tf.exp(tf.mul(values[i]!, 0.3)), shape.length === 4 ? sizeOf(shape.slice(0, 3)) : 10),
    ]),
  );
}

/** Images so bright that their values stay above the mean of ImageNet. */
function bright(x: tf.Tensor): tf.Tensor {
  return tf.exp(tf.mul(x, 0.3));
}

function named(declared: readonly Parameter[], values: readonly tf.Tensor[]): Record<string, tf.Tensor> {
  return Object.fromEntries(declared.map(({ name }, i) => [name, values[i]!]));
}
