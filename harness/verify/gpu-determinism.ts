/** @file Table of operations that TensorFlow computes deterministically on a GPU only when asked to. */
import type { EngineSettings } from '../plan/types.ts';

interface GpuOperation {
  readonly operation: string;
  /** Where training meets it. */
  readonly use: string;
}

/**
 * Those that a training step of this project may run.
 * Source: TensorFlow RFC 20210119-determinism (tensorflow/community), its list of operations that are known to be nondeterministic on a GPU;
 * TensorFlow 2.8 release notes, "Deterministic Op Functionality"; documentation of `tf.config.experimental.enable_op_determinism`.
 */
const onlyWhenAsked: readonly GpuOperation[] = [
  { operation: 'Conv2DBackpropFilter', use: 'gradient of convolution weights' },
  { operation: 'Conv2DBackpropInput', use: 'gradient through convolutions' },
  { operation: 'DepthwiseConv2dNativeBackpropFilter', use: 'gradient of depthwise filters' },
  { operation: 'BiasAddGrad', use: 'gradient of biases' },
  { operation: 'UnsortedSegmentSum', use: 'gradient of rows that were gathered' },
  { operation: 'ResizeNearestNeighborGrad', use: 'gradient of nearest-neighbour resizing' },
];

/** What explains a difference between two runs of which one was on a GPU; null where none was. */
export function determinismNote(...runs: readonly Pick<EngineSettings, 'device' | 'deterministic'>[]): string | null {
  const onGpu = runs.filter(({ device }) => device === 'gpu');
  if (onGpu.length === 0) return null;
  const names = onlyWhenAsked.map(({ operation, use }) => `${operation} (${use})`).join(', ');
  return onGpu.some(({ deterministic }) => !deterministic)
    ? `On a GPU these are not deterministic unless op determinism is on, which the plan turns off (engine.deterministic false): ${names}`
    : `Op determinism was on, under which TensorFlow computes these deterministically on one model of GPU with one version of its libraries: ${names}. Compare machine and versions first`;
}
