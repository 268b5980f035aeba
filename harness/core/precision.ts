/** @file Number formats of a training step, stored in the plan and in every result. */

/** `bfloat16`: convolutions and matrix products inside residual and attention blocks; everything else stays in float32. */
export type Precision = 'float32' | 'bfloat16';
