/**
 * @file Benchmark subject for the training step of harness/train.
 *
 * Its inputs are made on the host, as in training.
 */
import * as tf from '@tensorflow/tfjs-core';
import { PlanError, described } from '../../core/errors.ts';
import { disposeTree } from '../../engine/ops.ts';
import { buildNetwork } from '../../network/network.ts';
import { flatShape, parameterLayout, type ParameterLayout } from '../../network/flat.ts';
import { Timetable } from '../../plan/timetable.ts';
import type { Plan } from '../../plan/types.ts';
import { pseudoHuberDistance } from '../../train/distance/distance.ts';
import { openStep } from '../../train/session.ts';
import { stepInputs } from '../../train/step-inputs.ts';
import type { TrainState } from '../../train/step.ts';
import { benchBatches, flatParameters } from '../inputs.ts';
import type { ComparedSubject } from './serve.ts';

/**
 * @param inputs the file of common inputs
 * @throws PlanError for a recipe with another distance or teacher than iCT's
 */
export function stepSubject(plan: Plan, inputs: string): ComparedSubject {
  const { recipe, engine } = plan;
  const { distance, teacher } = recipe.method;
  if (distance.kind !== 'pseudo-huber' || teacher.kind !== 'stop-gradient') {
    throw new PlanError({
      where: 'bench',
      got: described(`recipe ${recipe.id}`),
      expected: 'a recipe of iCT',
      remedy: 'Choose one of the sizes of recipes/bench.ts',
    });
  }
  const { network, parameters } = buildNetwork(recipe, engine);
  const layout = parameterLayout(parameters);
  const step = openStep(plan, {
    network,
    layout,
    distance: pseudoHuberDistance(distance.cPerSqrtDim),
    state: stateOf(layout, inputs),
  });
  const timetable = new Timetable(plan);
  const batches = benchBatches(plan);
  const metrics = (k: number): Float32Array => {
    const made = stepInputs(plan, timetable, k, batches[k % batches.length]!);
    const output = step.run(made);
    const values = output.dataSync<'float32'>();
    disposeTree([made, output]);
    return values;
  };
  return {
    check: () => {
      const [loss, gradientNorm] = metrics(0);
      return { loss: loss!, gradientNorm: gradientNorm! };
    },
    iteration: (k) => void metrics(k),
  };
}

function stateOf(layout: ParameterLayout, inputs: string): TrainState {
  const parameters = flatParameters(inputs, layout);
  return {
    parameters,
    firstMoment: tf.zeros(flatShape(layout)),
    secondMoment: tf.zeros(flatShape(layout)),
    samplingEma: tf.clone(parameters),
    teacher: null,
  };
}
