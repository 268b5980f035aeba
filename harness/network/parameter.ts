/**
 * @file Description of one parameter tensor: name, shape and initial distribution.
 *
 * No values here.
 */

/**
 * The starting distribution.
 * `fan-average-uniform`: U(-a, a) with a = sqrt(3 scale / ((fanIn + fanOut) / 2)) (variance scaling, as flax);
 * `fan-in-uniform`: U(-b, b) with b = 1 / sqrt(fanIn) (the default of torch's convolutions and linear layers, weight and bias alike).
 */
export type Initial =
  | { readonly kind: 'zeros' }
  | { readonly kind: 'ones' }
  | { readonly kind: 'normal'; readonly standardDeviation: number }
  | { readonly kind: 'fan-average-uniform'; readonly scale: number; readonly fanIn: number; readonly fanOut: number }
  | { readonly kind: 'fan-in-uniform'; readonly fanIn: number };

/**
 * A parameter tensor. Names are those of the authors' checkpoints; convolution kernels are HWIO and matrices (in, out), whatever the layout
 * of the checkpoint.
 */
export interface Parameter {
  readonly name: string;
  readonly shape: readonly number[];
  readonly initial: Initial;
  /** False: no gradient reaches it (the Fourier frequencies). */
  readonly trainable: boolean;
}

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** Values of all parameter tensors together, frozen ones included. */
export function countParameters(parameters: readonly Parameter[]): number {
  return parameters.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
}
