/**
 * @file Forward-pass helpers of both networks: parameters by name, dropout, recomputation.
 *
 * Dropout is per block; the results of modules can be observed.
 */
import type * as tf from '@tensorflow/tfjs-core';
import { nativeGroupNorm, recomputed, within, type GroupNorm } from '../engine/ops.ts';
import { noDropout, type Dropout } from './dropout.ts';
import type { Parameters } from './flat.ts';
import { groupNorm } from './layers.ts';

export interface PassOptions {
  readonly parameters: Parameters;
  readonly dropout?: Dropout;
  /** Whether each block's activations are computed again in the backward pass instead of being kept. */
  readonly recompute?: boolean;
  /** `native`: group normalisation by this project's operation, which only CPUs have; absent: by TensorFlow's. */
  readonly groupNorm?: 'native';
  /** Told every module's output by its name, for comparison with other implementations. */
  readonly observe?: (module: string, output: tf.Tensor) => void;
}

export abstract class NetworkPass {
  private parameters: Parameters;
  private readonly dropout: Dropout;
  private readonly recompute: boolean;
  private readonly groupNormKind: 'native' | undefined;
  private readonly observe: (module: string, output: tf.Tensor) => void;
  private blocks = 0;

  constructor({
    parameters,
    dropout = noDropout,
    recompute = false,
    groupNorm,
    observe = () => undefined,
  }: PassOptions) {
    this.parameters = parameters;
    this.dropout = dropout;
    this.recompute = recompute;
    this.groupNormKind = groupNorm;
    this.observe = observe;
  }

  /** The output of a module, shown to the observer. */
  seen(name: string, output: tf.Tensor): tf.Tensor {
    this.observe(name, output);
    return output;
  }

  protected get(name: string): tf.Tensor {
    const tensor = this.parameters[name];
    if (!tensor) throw new Error(`the network has no parameter "${name}"`);
    return tensor;
  }

  /** Group normalisation as the plan has it computed. */
  protected groupNorm(x: tf.Tensor, norm: GroupNorm, withSwish: boolean): tf.Tensor {
    return (this.groupNormKind === 'native' ? nativeGroupNorm : groupNorm)(x, norm, withSwish);
  }

  /** Dropout of the next residual block in forward order; `width` decides whether it acts. */
  protected drop(features: tf.Tensor, width: number): tf.Tensor {
    return this.dropout.drop(this.blocks++, features, width);
  }

  /**
   * A part of the network whose parameters all begin with `prefix`, its name and a slash; with recomputation, only its inputs are kept.
   * @param run uses no tensor but its arguments and those parameters where a gradient is needed
   */
  protected segment(
    prefix: string,
    inputs: readonly tf.Tensor[],
    run: (...inputs: tf.Tensor[]) => tf.Tensor,
  ): tf.Tensor {
    const placed = (...tensors: tf.Tensor[]): tf.Tensor => within(prefix.slice(0, -1), () => run(...tensors));
    if (!this.recompute) return placed(...inputs);
    const { parameters, blocks } = this;
    const names = Object.keys(parameters).filter((name) => name.startsWith(prefix));
    const again = (...tensors: tf.Tensor[]): tf.Tensor => {
      const own = names.map((name, i) => [name, tensors[inputs.length + i]!] as const);
      this.parameters = { ...parameters, ...Object.fromEntries(own) };
      this.blocks = blocks;
      try {
        return placed(...tensors.slice(0, inputs.length));
      } finally {
        this.parameters = parameters;
      }
    };
    return recomputed(again, [...inputs, ...names.map((name) => parameters[name]!)]);
  }
}
