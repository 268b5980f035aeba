/** @file Opens the training step of a plan for all that measure it, on the batches of benchmarks. */
import type { Batch } from '../../data/batches.ts';
import { disposeTree } from '../../engine/ops.ts';
import { parameterLayout, type ParameterLayout } from '../../network/flat.ts';
import { buildNetwork } from '../../network/network.ts';
import { Timetable } from '../../plan/timetable.ts';
import type { Plan } from '../../plan/types.ts';
import type { ImageDistance } from '../../train/distance/distance.ts';
import { openStep, type TrainingStep } from '../../train/session.ts';
import { initialState } from '../../train/state.ts';
import { stepInputs } from '../../train/step-inputs.ts';
import type { NetworkOf, StepInputs, StepMetrics, TrainState } from '../../train/step.ts';
import type { StepRanks } from '../../train/sum/rank-sum.ts';
import { benchBatches } from '../inputs.ts';

export interface OpenedStep {
  readonly layout: ParameterLayout;
  readonly step: TrainingStep;
  /** Inputs of step k, made on the host; the caller frees them. */
  readonly inputs: (k: number) => StepInputs;
  /** Begins step k; the caller frees its metrics. */
  readonly begin: (k: number) => StepMetrics;
  /** Takes step k and waits for its loss and gradient norm. */
  readonly take: (k: number) => Float32Array;
}

interface StepSource {
  /** The state before the first step; the plan's own by default. */
  readonly state?: (layout: ParameterLayout) => TrainState;
  /** The batch of step k; those of benchmarks in turn by default. */
  readonly batch?: (k: number) => Batch;
  /** Where several ranks share each batch: batches then hold this rank's images. */
  readonly ranks?: StepRanks;
}

/** What a measured step is made of, and its inputs. */
interface MeasuredParts extends Pick<OpenedStep, 'layout' | 'inputs'> {
  readonly network: NetworkOf;
  readonly state: TrainState;
}

export function measuredParts(plan: Plan, source: StepSource = {}): MeasuredParts {
  const { network, parameters } = buildNetwork(plan.recipe, plan.engine);
  const layout = parameterLayout(parameters);
  const state = source.state?.(layout) ?? initialState(plan.recipe, layout, plan.seed);
  const timetable = new Timetable(plan);
  const batch = source.batch ?? inTurn(benchBatches(plan));
  return { network, layout, state, inputs: (k) => stepInputs(plan, timetable, k, batch(k)) };
}

export function openedStep(plan: Plan, distance: ImageDistance, source: StepSource = {}): OpenedStep {
  const { inputs, ...parts } = measuredParts(plan, source);
  const { layout } = parts;
  const step = openStep(plan, { ...parts, distance, ...(source.ranks && { ranks: source.ranks }) });
  const begin = (k: number): StepMetrics => {
    const made = inputs(k);
    const metrics = step.run(made);
    disposeTree(made);
    return metrics;
  };
  const take = (k: number): Float32Array => {
    const made = inputs(k);
    const metrics = step.run(made);
    const values = metrics.dataSync<'float32'>();
    disposeTree([made, metrics]);
    return values;
  };
  return { layout, step, inputs, begin, take };
}

function inTurn(batches: readonly Batch[]): (k: number) => Batch {
  return (k) => batches[k % batches.length]!;
}
