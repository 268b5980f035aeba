/**
 * @file Random tensors made on the device, named by (seed, stream, step) as in harness/core/random.ts.
 *
 * A key is an int32 tensor of six words: two of the Philox key, four of the counter (word 0 counts blocks of four numbers, word 1 is
 * the lane, words 2-3 hold the step). Key and counter reach TensorFlow's generator as bits, so that the same numbers come out op by
 * op and compiled.
 */
import * as tf from '@tensorflow/tfjs-core';
import { EngineError } from '../../core/errors.ts';
import { streamKey, type Stream } from '../../core/random.ts';
import { attribute, backend, dtypes } from '../binding.ts';
import { executeNative, releaseNative } from './op.ts';

/** int32[6]: Philox key (2 words) and counter (4 words), low words first. */
export type RandomKey = tf.Tensor1D;

const philox = 1;

/**
 * The key of a step of a stream.
 * @param firstBlock blocks of four numbers to skip: image i of a batch whose images take `n` numbers begins at i * n / 4
 */
export function randomKey(seed: number, stream: Stream, step: number, firstBlock = 0): RandomKey {
  const [low, high] = streamKey(seed, stream);
  const words = [
    low,
    high,
    firstBlock % 2 ** 32,
    Math.floor(firstBlock / 2 ** 32),
    step % 2 ** 32,
    Math.floor(step / 2 ** 32),
  ];
  return tf.tensor1d(
    Int32Array.from(words, (word) => word | 0),
    'int32',
  );
}

/** Another sequence under the same key: lane `lane` (0 to 2^24) of every block counter. */
export function foldLane(key: RandomKey, lane: number): RandomKey {
  return tf.tidy(() => tf.add(key, tf.tensor1d([0, 0, 0, lane << 8, 0, 0], 'int32')));
}

/**
 * Standard normal float32 numbers.
 * @param skip numbers of the sequence to leave out first, a multiple of 4
 */
export function randomNormal(shape: readonly number[], key: RandomKey, skip = 0): tf.Tensor {
  return draw('StatelessRandomNormalV2', shape, key, skip);
}

/** Uniform float32 numbers in [0, 1); `skip` as for `randomNormal`. */
export function randomUniform(shape: readonly number[], key: RandomKey, skip = 0): tf.Tensor {
  return draw('StatelessRandomUniformV2', shape, key, skip);
}

/** The same sequence from number `skip` on, a multiple of 4. */
export function laterKey(key: RandomKey, skip: number): RandomKey {
  if (skip % 4 !== 0)
    throw new EngineError({
      where: 'random numbers',
      got: skip,
      expected: 'a multiple of 4 numbers to skip: they come in blocks of four',
      remedy: 'Begin at a whole block',
    });
  return skip === 0 ? key : tf.tidy(() => tf.add(key, tf.tensor1d([0, 0, skip / 4, 0, 0, 0], 'int32')));
}

function draw(operation: string, shape: readonly number[], key: RandomKey, skip: number): tf.Tensor {
  return tf.tidy(() => {
    const node = backend();
    const start = laterKey(key, skip);
    const inputs = [
      tf.tensor1d([...shape], 'int32'),
      tf.reshape(tf.slice(start, 0, 2), [1, 2]),
      tf.reshape(tf.slice(start, 2, 4), [2, 2]),
      tf.scalar(philox, 'int32'),
    ];
    const [size, keyWords, counterWords, algorithm] = node.getInputTensorIds(inputs) as [
      number,
      number,
      number,
      number,
    ];
    const keyBits = bits(keyWords);
    const counterBits = bits(counterWords);
    const [output] = executeNative(
      operation,
      [attribute.type('dtype', dtypes.float32), attribute.type('Tshape', dtypes.int32)],
      [size, keyBits, counterBits, algorithm],
    );
    releaseNative([keyBits, counterBits]);
    return node.createOutputTensor(output!);
  });
}

/** Pairs of int32 words as uint64 numbers. */
function bits(id: number): number {
  const attributes = [attribute.type('T', dtypes.int32), attribute.type('type', dtypes.uint64)];
  return executeNative('Bitcast', attributes, [id])[0]!.id;
}
