/** @file LPIPS in bfloat16: the loss of CT and its gradient are those of float32. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { HostRandom } from '../../../harness/core/random.ts';
import { withEagerPrecision } from '../../../harness/engine/compile/compile.ts';
import { sizeOf } from '../../../harness/network/parameter.ts';
import { vgg16Groups } from '../../../harness/network/features/vgg16/modules.ts';
import { vgg16Parameters } from '../../../harness/network/features/vgg16/parameters.ts';
import { lpipsDistance } from '../../../harness/train/distance/lpips.ts';
import { engineForTests } from '../../engine/engine-fixture.ts';

beforeAll(async () => {
  await engineForTests();
});

test('is not rounded, neither its value nor its gradient', () => {
  const random = new HostRandom(0, 'bootstrap', 0);
  const drawn = (shape: readonly number[]) =>
    tf.tensor(
      Float32Array.from({ length: sizeOf(shape) }, () => 0.3 * random.normal()),
      [...shape],
    );
  const groups = vgg16Groups(32);
  const distance = lpipsDistance({
    groups,
    vgg: Object.fromEntries(vgg16Parameters(groups).map(({ name, shape }) => [name, drawn(shape)])),
    linear: groups.map((group) => tf.ones([group.at(-1)!.outChannels])),
    pooling: 'max',
    resizeTo: 32,
  });
  const [x, y] = [drawn([2, 16, 16, 3]), drawn([2, 16, 16, 3])];
  const step = (precision: 'float32' | 'bfloat16') =>
    withEagerPrecision(precision, () => {
      const { value, grad } = tf.valueAndGrad((t: tf.Tensor) => tf.sum(distance(t, y)))(x);
      return [value.dataSync<'float32'>(), grad.dataSync<'float32'>()];
    });
  expect(step('bfloat16')).toEqual(step('float32'));
});
