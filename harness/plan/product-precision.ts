/** @file Names the precision of a plan's matrix products, including TensorFloat-32. */
import type { ProductPrecision } from '../recipe/claim.ts';
import type { Plan } from './types.ts';

/** `bfloat16` where it was asked for, else `tf32` or `float32`. */
export function productPrecision({ engine }: Pick<Plan, 'engine'>): ProductPrecision {
  if (engine.precision === 'bfloat16') return 'bfloat16';
  return engine.tf32 ? 'tf32' : 'float32';
}
