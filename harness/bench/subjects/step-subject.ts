/**
 * @file Benchmark subject for the training step of harness/train.
 *
 * Its inputs are made on the host, as in training.
 */
import * as tf from '@tensorflow/tfjs-core';
import { PlanError, described } from '../../core/errors.ts';
import { flatShape, type ParameterLayout } from '../../network/flat.ts';
import type { Plan } from '../../plan/types.ts';
import { pseudoHuberDistance } from '../../train/distance/distance.ts';
import type { TrainState } from '../../train/step.ts';
import { flatParameters } from '../inputs.ts';
import { openedStep } from './opened-step.ts';
import type { ComparedSubject } from './serve.ts';

/**
 * @param inputs the file of common inputs
 * @throws PlanError for a recipe with another distance or teacher than iCT's
 */
export function stepSubject(plan: Plan, inputs: string): ComparedSubject {
  const { recipe } = plan;
  const { distance, teacher } = recipe.method;
  if (distance.kind !== 'pseudo-huber' || teacher.kind !== 'stop-gradient') {
    throw new PlanError({
      where: 'bench',
      got: described(`recipe ${recipe.id}`),
      expected: 'a recipe of iCT',
      remedy: 'Choose one of the sizes of recipes/bench.ts',
    });
  }
  const state = (layout: ParameterLayout): TrainState => stateOf(layout, inputs);
  const { take } = openedStep(plan, pseudoHuberDistance(distance.cPerSqrtDim), { state });
  return {
    check: () => {
      const [loss, gradientNorm] = take(0);
      return { loss: loss!, gradientNorm: gradientNorm! };
    },
    iteration: (k) => void take(k),
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
