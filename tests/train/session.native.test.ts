/** @file The assembled training step: it does as its plan says, takes its state over, and takes noise that it is given. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { randomNormal, type RandomKey } from '../../harness/engine/operations/random.ts';
import { disposeTree } from '../../harness/engine/compile/tree.ts';
import { parameterLayout } from '../../harness/network/flat.ts';
import { buildNetwork } from '../../harness/network/network.ts';
import { Timetable } from '../../harness/plan/timetable.ts';
import type { EngineSettings, Plan } from '../../harness/plan/types.ts';
import { squaredL2Distance } from '../../harness/train/distance/distance.ts';
import { openStep } from '../../harness/train/session.ts';
import { initialState } from '../../harness/train/state.ts';
import { stepInputs } from '../../harness/train/step-inputs.ts';
import { engineForTests } from '../engine/engine-fixture.ts';
import { tinyPlan } from '../journeys/tiny-run.ts';

beforeAll(async () => {
  await engineForTests();
});

/** The step of a tiny run of CT, and the inputs of its first step. */
function opened(engine: Partial<EngineSettings> = {}) {
  return openedPlan(tinyPlan({ recipe: 'shapes-ct', engine }));
}

function openedPlan(plan: Plan) {
  const { network, parameters } = buildNetwork(plan.recipe, plan.engine);
  const layout = parameterLayout(parameters);
  const state = initialState(plan.recipe, layout, plan.seed);
  const step = openStep(plan, { network, layout, distance: squaredL2Distance, state });
  const { batchImages } = plan.asRun;
  const images = new Float32Array(batchImages * 16 * 16 * 3).map((_, i) => Math.sin(i));
  const inputs = stepInputs(plan, new Timetable(plan), 0, { images, labels: new Int32Array(batchImages) });
  return { state, step, inputs };
}

describe('openStep', () => {
  test.each([{}, { microBatchImages: 2 }, { mode: 'eager', microBatchImages: 4 }] as const)(
    'takes noise that it is given as it takes the same noise from a key, to the bit: %j',
    (engine) => {
      const drawn = opened(engine);
      const { key } = drawn.inputs.noise as { key: RandomKey };
      const given = opened(engine);
      const noise = { given: randomNormal(given.inputs.images.shape, key) };
      const metrics = [drawn.step.run(drawn.inputs), given.step.run({ ...given.inputs, noise })];
      expect([...metrics[1]!.dataSync()]).toEqual([...metrics[0]!.dataSync()]);
      const states = [drawn.step.read(), given.step.read()];
      expect(states[1]!.parameters.dataSync()).toEqual(states[0]!.parameters.dataSync());
      // Other noise does reach the loss.
      const other = { given: tf.zerosLike(noise.given) };
      expect(
        opened(engine)
          .step.run({ ...given.inputs, noise: other })
          .dataSync()[0],
      ).not.toBe(metrics[0]!.dataSync()[0]);
      for (const { step } of [drawn, given]) step.dispose();
      disposeTree([states, metrics, noise, other, drawn.inputs, given.inputs]);
    },
  );

  test('takes the state over: its tensors are freed, and the step goes on with copies', () => {
    const { state, step, inputs } = opened();
    expect(state.parameters.isDisposed && state.teacher!.isDisposed).toBe(true);
    const before = step.read();
    disposeTree(step.run(inputs));
    const after = step.read();
    expect(after.parameters.dataSync()).not.toEqual(before.parameters.dataSync());
    expect(after.teacher!.dataSync()).not.toEqual(before.teacher!.dataSync());
    step.dispose();
    disposeTree([before, after, inputs]);
  });

  test("trains with the scale's dropout where it has one, else with the recipe's", () => {
    const loss = (tiny: Parameters<typeof tinyPlan>[0]): number => {
      const plan = tinyPlan({ ...tiny, learningRate: 0.1 });
      const { step, inputs } = openedPlan(plan);
      // Layers that begin at zero hide the masks from the first losses.
      const losses = Array.from({ length: 4 }, () => step.run(inputs).dataSync()[0]!);
      step.dispose();
      return losses.at(-1)!;
    };
    expect(loss({ dropout: 0.5, dropoutAsRun: 0 })).toBe(loss({ dropout: 0 }));
    expect(loss({ dropout: 0.5 })).not.toBe(loss({ dropout: 0 }));
  });

  test('runs in the precision of the plan', () => {
    const weights = (['float32', 'bfloat16'] as const).map((precision) => {
      const { step, inputs } = openedPlan(tinyPlan({ recipe: 'shapes-ct', learningRate: 0.1, engine: { precision } }));
      // Rounding acts in branches of blocks, whose last layers begin at zero: the first loss does not show it.
      for (let k = 0; k < 4; k++) disposeTree(step.run(inputs));
      const state = step.read();
      const values = state.parameters.dataSync();
      disposeTree(state);
      step.dispose();
      return values;
    });
    expect(weights[1]).not.toEqual(weights[0]);
  });
});
