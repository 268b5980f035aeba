/** @file Work of a network's parts: multiply-adds and kept outputs per forward pass of one image. */

export interface Part {
  readonly kind: 'residual' | 'attention' | 'other';
  /** Multiply-adds. */
  readonly macs: number;
  /** Numbers in the outputs of its stages: normalisation, activation, convolution or projection. */
  readonly outputs: number;
  /** Numbers in its attention matrices. */
  readonly matrices: number;
}

/** A square convolution with as many outputs as `width` x `width` pixels. */
export function convolution(kernelWidth: number, inChannels: number, outChannels: number, width: number): number {
  return kernelWidth ** 2 * inChannels * outChannels * width ** 2;
}

/** A matrix product on one vector. */
export function dense(inChannels: number, outChannels: number): number {
  return inChannels * outChannels;
}

/** The 4x4 FIR filter of NCSN++ as a depthwise convolution, before any striding, as the authors' code evaluates it. */
export function firFilter(channels: number, width: number): number {
  return 16 * channels * width ** 2;
}

/**
 * Self-attention over width x width places: four projections and two products with the attention matrix.
 * @param heads attention matrices per image
 */
export function attentionPart(channels: number, width: number, heads: number): Part {
  const places = width ** 2;
  return {
    kind: 'attention',
    macs: 4 * channels ** 2 * places + 2 * places ** 2 * channels,
    outputs: channels * places,
    matrices: heads * places ** 2,
  };
}
