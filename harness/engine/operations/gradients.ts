/**
 * @file Gradients that TensorFlow.js lacks or computes at a cost: Sum, Mean, Relu, sigmoid, stop-gradient.
 *
 * Sum and Mean need no host tensors, and Relu selects where TensorFlow.js multiplies.
 */
import * as tf from '@tensorflow/tfjs-core';
import { attribute, dtypes } from '../binding.ts';
import { executeOp } from './op.ts';

/** x as if it had been repeated to `shape` (BroadcastTo); its gradient is not needed here. */
export function broadcastTo(x: tf.Tensor, shape: readonly number[]): tf.Tensor {
  return executeOp(
    'BroadcastTo',
    [attribute.type('T', dtypes.float32), attribute.type('Tidx', dtypes.int32)],
    [x, tf.tensor1d([...shape], 'int32')],
  );
}

/** dy s (1 - s) in one pass (SigmoidGrad). @param s sigmoid(x) @param dy of the shape of s */
export function sigmoidGradient(s: tf.Tensor, dy: tf.Tensor): tf.Tensor {
  return executeOp('SigmoidGrad', [attribute.type('T', dtypes.float32)], [s, dy]);
}

/**
 * Replaces the gradients of Sum, Mean and Relu.
 * Sum and Mean: TensorFlow.js uploads a host array of ones of the input's shape; broadcasting dy on the device gives the same value.
 * Relu: dy where x > 0, else exactly 0. TensorFlow.js multiplies dy by step(x), which keeps a NaN of dy where x <= 0.
 */
export function registerDeviceGradients(): void {
  for (const kernelName of ['Sum', 'Mean']) {
    tf.unregisterGradient(kernelName);
    tf.registerGradient({
      kernelName,
      inputsToSave: ['x'],
      gradFunc: (dy, saved, attributes) => {
        const [x] = saved as [tf.Tensor];
        const kept = [...x.shape];
        for (const axis of tf.util.parseAxisParam(attributes.axis as number | number[], x.shape)) kept[axis] = 1;
        return {
          x: () => {
            const spread = tf.reshape(dy as tf.Tensor, kept);
            return broadcastTo(kernelName === 'Mean' ? tf.mul(spread, spread.size / x.size) : spread, x.shape);
          },
        };
      },
    });
  }
  tf.unregisterGradient('Relu');
  tf.registerGradient({
    kernelName: 'Relu',
    inputsToSave: ['x'],
    gradFunc: (dy, saved) => ({
      x: () =>
        executeOp('ReluGrad', [attribute.type('T', dtypes.float32)], [dy as tf.Tensor, (saved as [tf.Tensor])[0]]),
    }),
  });
}

/** Runs f without recording it for differentiation: the result is a constant to every gradient. */
export function stopGradient<T>(f: () => T): T {
  const { state } = tf.engine();
  const { activeTape, gradientDepth } = state;
  state.activeTape = null as unknown as typeof activeTape;
  state.gradientDepth = 0;
  try {
    return f();
  } finally {
    state.activeTape = activeTape;
    state.gradientDepth = gradientDepth;
  }
}

/** x itself with a gradient of exactly zero. */
export function frozen(x: tf.Tensor): tf.Tensor {
  const operation = tf.customGrad((input) => ({
    value: tf.clone(input as tf.Tensor),
    gradFunc: (dy) => tf.zerosLike(dy),
  }));
  return operation(x);
}
