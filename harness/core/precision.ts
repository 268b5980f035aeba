/** @file The number formats of a step: data of the plan, stamped on every result. */

/** `bfloat16`: convolutions and matrix products inside residual and attention blocks; everything else stays in float32. */
export type Precision = 'float32' | 'bfloat16';
