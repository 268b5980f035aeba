/** @file Rows of a table by their numbers, without a look at the numbers from the host. */
import * as tf from '@tensorflow/tfjs-core';
import { attribute, dtypes } from '../binding.ts';
import { executeOp } from './op.ts';

/**
 * y_b = table_rows(b). TensorFlow.js's own `gather` reads the numbers back to check them, which a traced function cannot and a GPU would wait for;
 * TensorFlow checks them on a CPU, and gives zeros for a number outside on a GPU.
 * The gradient adds each dy_b to its row.
 * @param table float32[R,C]
 * @param rows int32[B], from 0 to R - 1
 * @returns float32[B,C]
 */
export function lookUp(table: tf.Tensor, rows: tf.Tensor): tf.Tensor {
  const types = [
    attribute.type('Tparams', dtypes.float32),
    attribute.type('Tindices', dtypes.int32),
    attribute.type('Taxis', dtypes.int32),
    attribute.int('batch_dims', 0),
  ];
  const operation = tf.customGrad((values) => ({
    value: executeOp('GatherV2', types, [values as tf.Tensor, rows, tf.scalar(0, 'int32')]),
    gradFunc: (dy) => tf.unsortedSegmentSum(dy, rows as tf.Tensor1D, table.shape[0]),
  }));
  return operation(table);
}
