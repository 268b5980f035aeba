/**
 * @file Recomputation (gradient checkpointing) of a part of a network.
 *
 * Its activations are not kept but computed again in the backward pass.
 */
import * as tf from '@tensorflow/tfjs-core';
import { after } from './barrier.ts';

/**
 * f(inputs), differentiable, keeping only the inputs for the backward pass.
 *
 * In the backward pass f runs again on the inputs, which are made to wait for the gradient of its output: otherwise TensorFlow would find
 * the second run equal to the first and keep the first's activations after all.
 * @param f every tensor that needs a gradient is among its arguments; called twice, so random numbers in it are named by key
 */
export function recomputed(f: (...inputs: tf.Tensor[]) => tf.Tensor, inputs: readonly tf.Tensor[]): tf.Tensor {
  const operation = tf.customGrad((...args) => {
    const save = args.at(-1) as tf.GradSaveFunc;
    const tensors = args.slice(0, -1) as tf.Tensor[];
    save(tensors);
    return { value: f(...tensors), gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => gradients(f, saved, dy) };
  });
  return operation(...inputs);
}

function gradients(f: (...inputs: tf.Tensor[]) => tf.Tensor, saved: tf.Tensor[], dy: tf.Tensor): tf.Tensor[] {
  const { state } = tf.engine();
  const { activeTape } = state;
  try {
    const waiting = saved.map((tensor) => after(tensor, dy));
    return tf.grads((...inputs) => f(...inputs))(waiting, dy);
  } finally {
    // A gradient inside a gradient ends with the outer tape forgotten.
    state.activeTape = activeTape;
  }
}
