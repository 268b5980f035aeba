/**
 * @file Control dependency inside a compiled function; it bounds memory.
 *
 * It fixes an order where the data alone would allow another.
 */
import * as tf from '@tensorflow/tfjs-core';
import { attribute, backend, dtypes } from '../binding.ts';
import { activeTrace } from './trace.ts';

/**
 * x, available only once `earlier` has been computed: a copy of nothing with a control input. Without it, TensorFlow may run independent
 * parts at once, and merges parts that compute the same (which would undo a recomputation).
 * Operation by operation, x itself: things happen in the order of the program there.
 */
export function after(x: tf.Tensor, earlier: tf.Tensor): tf.Tensor {
  const trace = activeTrace();
  if (!trace) return x;
  const wait = (value: tf.Tensor): tf.Tensor => {
    const [id, control] = trace.inputIds([value, earlier]) as [number, number];
    const dtype = backend().tensorMap.get(value.dataId)?.dtype ?? dtypes.float32;
    return backend().createOutputTensor(
      trace.add('Identity', [attribute.type('T', dtype)], [id], { control: [control] })[0]!,
    );
  };
  const operation = tf.customGrad((value) => ({ value: wait(value as tf.Tensor), gradFunc: (dy) => dy }));
  return operation(x);
}
