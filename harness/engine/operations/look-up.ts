/** @file Looks up rows of a table by index without reading the indices back to the host. */
import * as tf from '@tensorflow/tfjs-core';
import { attribute, dtypes } from '../binding.ts';
import { executeOp } from './op.ts';

/**
 * y_b = table_rows(b). TensorFlow.js's own `gather` reads the numbers back to check them, which a traced function cannot and a GPU would wait for;
 * TensorFlow checks them on a CPU, and gives zeros for a number outside on a GPU.
 * The gradient adds each dy_b to its row, as a product with the matrix of ones where row and number agree: TensorFlow has no deterministic
 * `UnsortedSegmentSum` on every GPU, and the product is small beside any layer of a network.
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
  const operation = tf.customGrad((...args) => {
    const values = args[0] as tf.Tensor;
    const save = args.at(-1) as tf.GradSaveFunc;
    save([rows]);
    return {
      value: executeOp('GatherV2', types, [values, rows, tf.scalar(0, 'int32')]),
      gradFunc: (dy: tf.Tensor, [numbers]: tf.Tensor[]) => tf.matMul(membership(table.shape[0], numbers!), dy),
    };
  });
  return operation(table);
}

/** float32[R,B]: 1 where number b is row r, else 0. */
function membership(count: number, rows: tf.Tensor): tf.Tensor2D {
  const numbers = tf.reshape(tf.range(0, count, 1, 'int32'), [count, 1]);
  return tf.cast(tf.equal(numbers, tf.reshape(rows, [1, rows.size])), 'float32');
}
