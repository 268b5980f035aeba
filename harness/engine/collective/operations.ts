/**
 * @file Operations in which every rank of a group takes part.
 *
 * They run compiled and operation by operation, and have no gradient. Each use of an operation has an instance number of its own, the same
 * on every rank; numbers are used again at every step.
 */
import * as tf from '@tensorflow/tfjs-core';
import { attribute, backend, dtypes, type Attribute } from '../binding.ts';
import { activeTrace } from '../compile/trace.ts';
import { executeOp } from '../operations/op.ts';
import type { Group } from './group.ts';

/** Of the only group of a process: all ranks. */
const groupKey = 1;

/** Sum over the ranks of x, added in an order that TensorFlow chooses by their number. @param x float32 of one shape on every rank */
export function allReduce(x: tf.Tensor, group: Group, instance: number): tf.Tensor {
  const merge = [attribute.string('merge_op', 'Add'), attribute.string('final_op', 'Id')];
  return collective('CollectiveReduceV2', [...merge, attribute.int('max_subdivs_per_device', 0)], x, group, {
    instance,
    shape: x.shape,
  });
}

/**
 * The tensors of all ranks, one behind the other.
 * @param x float32[C,...] of one shape on every rank
 * @returns float32[R C,...]
 */
export function allGather(x: tf.Tensor, group: Group, instance: number): tf.Tensor {
  const [rows = 1, ...rest] = x.shape;
  return collective('CollectiveGatherV2', [], x, group, { instance, shape: [group.ranks * rows, ...rest] });
}

/**
 * Row r goes to rank r; row r of the result comes from rank r.
 * @param x float32[R,...] of one shape on every rank
 */
export function allToAll(x: tf.Tensor, group: Group, instance: number): tf.Tensor {
  return collective('CollectiveAllToAllV2', [], x, group, { instance, shape: x.shape });
}

function collective(
  name: string,
  own: readonly Attribute[],
  x: tf.Tensor,
  { ranks, timeoutSeconds }: Group,
  { instance, shape }: { readonly instance: number; readonly shape: readonly number[] },
): tf.Tensor {
  const attributes = [
    attribute.type('T', dtypes.float32),
    ...own,
    attribute.string('communication_hint', 'auto'),
    attribute.float('timeout_seconds', timeoutSeconds),
    attribute.bool('is_stateless', false),
    attribute.int('Nordering_token', 0),
  ];
  return tf.tidy(() => {
    const inputs = [x, ...[ranks, groupKey, instance].map((value) => tf.scalar(value, 'int32'))];
    const trace = activeTrace();
    if (!trace) return executeOp(name, attributes, inputs);
    return backend().createOutputTensor(trace.add(name, attributes, trace.inputIds(inputs), { shape })[0]!);
  });
}
