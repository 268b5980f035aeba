/**
 * @file Assembles the training step of a plan from network, distance and optimizer.
 *
 * It runs as the plan says and holds the state.
 */
import { compileCarried } from '../engine/compile/carried.ts';
import { disposeTree } from '../engine/ops.ts';
import type { ParameterLayout } from '../network/flat.ts';
import { dropoutAsRun } from '../plan/tuning.ts';
import type { AsRun, EngineSettings } from '../plan/types.ts';
import type { ImageDistance } from './distance/distance.ts';
import type { StepRanks } from './sum/rank-sum.ts';
import {
  trainStep,
  type NetworkOf,
  type StepInputs,
  type StepMetrics,
  type StepOptions,
  type TrainState,
} from './step.ts';

/** What the step takes from a plan. */
export interface StepPlan {
  readonly recipe: StepOptions['recipe'];
  readonly asRun: Pick<AsRun, 'dropout'>;
  readonly engine: Pick<EngineSettings, 'mode' | 'precision' | 'xla' | 'microBatchImages' | 'recompute' | 'groupNorm'>;
}

export interface StepParts {
  readonly network: NetworkOf;
  readonly layout: ParameterLayout;
  readonly distance: ImageDistance;
  /** The state before the first step. The step takes it over: its tensors are freed. */
  readonly state: TrainState;
  /** Where several ranks share each batch. */
  readonly ranks?: StepRanks;
}

export interface TrainingStep {
  /** Takes one optimizer step and returns its loss and gradient norm; inputs and metrics are the caller's to free. */
  run(inputs: StepInputs): StepMetrics;
  /** The present state; the caller frees it with `disposeTree`. */
  read(): TrainState;
  dispose(): void;
}

/** The training step of a plan in its mode, precision and division into passes. */
export function openStep(plan: StepPlan, { state, ...parts }: StepParts): TrainingStep {
  const { mode, precision, xla } = plan.engine;
  const carried = compileCarried(stepFunction(plan, parts), state, { name: 'train', mode, precision, xla });
  disposeTree(state);
  return carried;
}

/** The step of a plan as a function of state and inputs. */
export function stepFunction(
  plan: StepPlan,
  { network, layout, distance, ranks }: Omit<StepParts, 'state'>,
): ReturnType<typeof trainStep> {
  const { optimizer, tuning } = plan.recipe;
  const recipe = { optimizer, tuning: { ...tuning, dropout: dropoutAsRun(plan) } };
  const { microBatchImages, recompute } = plan.engine;
  return trainStep({ recipe, layout, network, distance, microBatchImages, recompute, ...(ranks && { ranks }) });
}
