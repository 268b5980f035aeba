/**
 * @file Types of a plan, the resolved numbers of one cell: recipe x scale x seed x device.
 *
 * It is fingerprinted before the first step.
 */
import type { Precision } from '../core/precision.ts';
import type { Recipe } from '../recipe/types.ts';
import type { Scale } from '../recipe/scale.ts';
import type { WeightsPart } from '../recipe/weights-part.ts';
import type { Device } from '../core/device.ts';

/** Ways to add the gradients of ranks: with the same bits for any number of them, or in an order that depends on it. */
export const reductions = ['ordered', 'fast'] as const;
export type Reduction = (typeof reductions)[number];

/** Ways to compute group normalisation: an operation of this project, which CPUs have, or several of TensorFlow's. */
export const groupNormKinds = ['native', 'plain'] as const;
export type GroupNormKind = (typeof groupNormKinds)[number];

/** How the engine runs the step. Part of the plan because each of these can change bits or cost. */
export interface EngineSettings {
  readonly device: Device;
  readonly mode: 'compiled' | 'eager';
  readonly precision: Precision;
  readonly xla: boolean;
  readonly tf32: boolean;
  readonly deterministic: boolean;
  /** Images per pass inside one step: gradients of batchImages / microBatchImages passes are summed. */
  readonly microBatchImages: number;
  /** Whether activations of each block are computed again in the backward pass instead of kept. */
  readonly recompute: boolean;
  /** How group normalisation is computed. Absent: plain. Both have one definition and differ by rounding. */
  readonly groupNorm?: 'native';
  /**
   * How the gradients of ranks are added. Absent: ordered, with the same bits for any number of ranks. `fast`: in an order that depends on
   * their number, which is therefore part of the plan.
   */
  readonly reduction?: 'fast';
  /** Ranks of a fast reduction. */
  readonly ranks?: number;
}

/** The recipe's numbers after the scale: what the run really uses. */
export interface AsRun {
  readonly steps: number;
  readonly batchImages: number;
  readonly s0: number;
  readonly s1: number;
  readonly samplingEmaDecay: number;
  /** Absent: the recipe's. */
  readonly dropout?: number;
  readonly sampleImages: number;
  /** Draws of `sampleImages` at the end; absent: one. */
  readonly draws?: number;
  readonly curveImages: number;
  /** Steps after which the run is scored, ascending; the last equals `steps`. */
  readonly curveSteps: readonly number[];
  readonly checkpointEverySteps: number;
}

/** Weights that were trained elsewhere: such a cell samples and scores them, and trains nothing. */
export interface GivenWeights {
  /** Name of the file, without its folder. */
  readonly file: string;
  readonly sha256: string;
  /** Which weights of a training state. */
  readonly part: WeightsPart;
  /** Levels of the grid that they were last trained on, where the file says so; absent: those of the published training. */
  readonly gridLevels?: number;
}

export interface Plan {
  readonly schema: 'consistency-harness/plan@1';
  readonly recipe: Recipe;
  readonly recipeFingerprint: string;
  readonly scale: Scale;
  readonly seed: number;
  readonly engine: EngineSettings;
  readonly asRun: AsRun;
  /** Absent where the cell trains its own. */
  readonly weights?: GivenWeights;
  /** sha256 of the canonical JSON of everything above. */
  readonly fingerprint: string;
}
