/** @file Repeats a reference run by the training step, with the pack's draws in place of the seed's. */
import * as tf from '@tensorflow/tfjs-core';
import { disposeTree, randomKey } from '../../engine/ops.ts';
import { parameterLayout, type ParameterLayout } from '../../network/flat.ts';
import { buildNetwork } from '../../network/network.ts';
import { adoptWeights } from '../../network/weights/read.ts';
import { Timetable } from '../../plan/timetable.ts';
import { openDistance } from '../../run/cell/distance.ts';
import { silence } from '../../system/progress.ts';
import { openStep, type StepPlan } from '../../train/session.ts';
import { startingState } from '../../train/state.ts';
import { inputsOfDraws } from '../../train/step-inputs.ts';
import type { StepInputs } from '../../train/step.ts';
import type { ConformanceCase } from '../case.ts';
import type { ProducedTensors } from '../judge/judge-tensors.ts';
import type { Trajectory } from './config.ts';
import { readDraws, type TrajectoryDraws } from './draws.ts';
import { ScheduleRows } from './schedule-rows.ts';
import { WeightMovement } from './weight-movement.ts';

/**
 * Takes the steps of a pack from its weights.
 * @param engine how the step runs: compiled or not, in how many passes
 * @returns every value that packs compare, by its name
 */
export async function runTrajectory(
  reference: ConformanceCase,
  trajectory: Trajectory,
  engine: StepPlan['engine'],
): Promise<ProducedTensors> {
  const { plan, steps } = trajectory;
  const { network, parameters } = buildNetwork(plan.recipe, engine);
  const layout = parameterLayout(parameters);
  const start = initialWeights(reference, trajectory, layout);
  const distance = await openDistance(plan, silence);
  const state = startingState(plan.recipe, layout, start);
  const step = openStep({ ...plan, engine }, { network, layout, distance, state });
  const timetable = new Timetable(plan);
  const drawsOf = readDraws(reference, trajectory);
  const rows = new ScheduleRows();
  const movement = new WeightMovement(reference, trajectory, layout, start);
  for (let k = 0; k < steps; k++) {
    const draws = drawsOf(k);
    const stage = timetable.at(k);
    const inputs = inputsOf(trajectory, timetable, k, draws);
    const metrics = step.run(inputs);
    const [loss, gradientNorm] = metrics.dataSync<'float32'>() as unknown as [number, number];
    rows.add(stage, draws.intervals, { loss, gradientNorm });
    const after = step.read();
    movement.add(k + 1, after);
    disposeTree([inputs, metrics, after]);
  }
  step.dispose();
  return new Map([...rows.values(), ...movement.values()]);
}

/** Through the code that reads the authors' checkpoints. */
function initialWeights(
  reference: ConformanceCase,
  { layout: { parameterAxes }, plan }: Trajectory,
  layout: ParameterLayout,
): Float32Array {
  const prefix = 'params/';
  const stored = [...reference.tensors].filter(([name]) => name.startsWith(prefix));
  const tensors = new Map(stored.map(([name, tensor]) => [name.slice(prefix.length), tensor]));
  const format = plan.recipe.network.kind === 'adm' ? 'torch' : 'flax';
  return adoptWeights(
    { path: reference.folder, format, tensors, recipe: null, remarks: [], axesOf: parameterAxes },
    layout,
    reference.id,
  );
}

function inputsOf({ plan }: Trajectory, timetable: Timetable, k: number, draws: TrajectoryDraws): StepInputs {
  const { images, labels, intervals, noise } = draws;
  const { resolution } = plan.recipe.network;
  const given = tf.tensor4d(noise, [plan.asRun.batchImages, resolution, resolution, 3]);
  const dropoutKey = randomKey(0, 'dropout', k);
  return inputsOfDraws(plan, timetable, k, { images, labels }, { intervals, noise: { given }, dropoutKey });
}
