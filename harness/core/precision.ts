/** @file The number formats of a step: data of the plan, stamped on every result. */

/** `bfloat16`: inputs of convolutions and matrix products only; everything else stays in float32. */
export type Precision = 'float32' | 'bfloat16';
