/** @file Estimates the memory that the backward pass of one image needs on the device. */
import type { Recipe } from '../recipe/types.ts';
import { countNetwork, distanceWork } from './count.ts';

/**
 * Numbers kept per number in a stage's output, measured on chains of 20 to 24 stages (GroupNorm, swish, 3x3 convolution) in float32 on a
 * CPU: 6.6 by a compiled step and 1.9 with recomputation, 21.6 and 3.3 by an eager tape.
 */
const keptPerOutput = {
  compiled: { kept: 6.6, recomputed: 1.9 },
  eager: { kept: 21.6, recomputed: 3.3 },
} as const;

/** Numbers kept per number in an attention matrix: the softmax's input and output. Not measured. */
const keptPerMatrix = 2;

/** Numbers kept per number in the output of a convolution of the distance's network: before and after its activation. Not measured. */
const keptPerDistanceOutput = 2;

/**
 * Bytes that one image keeps from the student's forward pass until its backward pass has used them. The teacher keeps nothing, and
 * recomputation keeps no attention matrix.
 */
export function activationBytes(
  recipe: Recipe,
  { mode, recompute }: { readonly mode: keyof typeof keptPerOutput; readonly recompute: boolean },
): number {
  const { stageOutputs, attentionMatrices } = countNetwork(recipe.network);
  const { kept, recomputed } = keptPerOutput[mode];
  const stages = (recompute ? recomputed : kept) * stageOutputs;
  const attention = recompute ? 0 : keptPerMatrix * attentionMatrices;
  const distance = keptPerDistanceOutput * distanceWork[recipe.method.distance.kind].outputs;
  return 4 * (stages + attention + distance);
}
