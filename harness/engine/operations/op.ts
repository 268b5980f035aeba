/** @file Calls TensorFlow operations by name that TensorFlow.js lacks, on tensors or on native ids. */
import type * as tf from '@tensorflow/tfjs-core';
import { backend, type Attribute, type NativeTensor } from '../binding.ts';
import { activeTrace } from '../compile/trace.ts';

/**
 * Runs one operation with one output on ordinary tensors. It has no gradient of its own: wrap it in `tf.customGrad`.
 * The output must be float32, int32, bool or complex64; other types exist as native ids only (`executeNative`).
 */
export function executeOp(name: string, attributes: readonly Attribute[], inputs: readonly tf.Tensor[]): tf.Tensor {
  const node = backend();
  return node.createOutputTensor(executeNative(name, attributes, node.getInputTensorIds(inputs))[0]!);
}

/** `executeOp` for an operation with three outputs. */
export function executeForThree(
  name: string,
  attributes: readonly Attribute[],
  inputs: readonly tf.Tensor[],
): [tf.Tensor, tf.Tensor, tf.Tensor] {
  const node = backend();
  const outputs = executeNative(name, attributes, node.getInputTensorIds(inputs), 3);
  return outputs.map((output) => node.createOutputTensor(output)) as [tf.Tensor, tf.Tensor, tf.Tensor];
}

/** Runs one operation on native ids; the caller frees the outputs with `releaseNative`. */
export function executeNative(
  name: string,
  attributes: readonly Attribute[],
  ids: readonly number[],
  outputs = 1,
): NativeTensor[] {
  return backend().binding.executeOp(name, attributes, ids, outputs);
}

/** Whether this project's own operations can run here: their kernels are for processors, and XLA knows nothing of them. */
export function runsNativeOperations(): boolean {
  return !backend().binding.isUsingGpuDevice() && activeTrace()?.xla !== true;
}

/**
 * Whether those that round a product once together with its sum (FMA) can run here as well. Processors without the instruction would take many times
 * as long for them, so that TensorFlow's own operations serve there.
 */
export function runsFusedOperations(): boolean {
  return runsNativeOperations() && backend().binding.fusesProducts();
}

/** Frees native ids; symbolic ones belong to their trace and are left alone. */
export function releaseNative(ids: readonly number[]): void {
  for (const id of ids) if (id >= 0) backend().binding.deleteTensor(id);
}
