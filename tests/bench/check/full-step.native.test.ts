/** @file The first steps of a plan on noise: finite numbers, and a network that gives none is named. */
import { beforeAll, describe, expect, it } from 'vitest';
import { takeFullSteps } from '../../../harness/bench/check/full-step.ts';
import { systemClock } from '../../../harness/core/clock.ts';
import { DivergenceError } from '../../../harness/core/errors.ts';
import { pseudoHuberDistance } from '../../../harness/train/distance/distance.ts';
import { engineForTests } from '../../engine/engine-fixture.ts';
import { tinyPlan } from '../../journeys/tiny-run.ts';

beforeAll(async () => {
  await engineForTests();
});

describe('takeFullSteps', () => {
  it('takes two steps as the plan says, compiled or not, with the same numbers', () => {
    const [compiled, eager] = (['compiled', 'eager'] as const).map((mode) =>
      takeFullSteps(tinyPlan({ engine: { mode } }), pseudoHuberDistance(0.000_54), systemClock),
    );
    expect(compiled!.length).toBe(2);
    compiled!.forEach(({ loss, gradientNorm }, k) => {
      expect(eager![k]!.loss / loss).toBeCloseTo(1, 5);
      expect(eager![k]!.gradientNorm / gradientNorm).toBeCloseTo(1, 4);
    });
  });

  it('stops at a loss that is not finite, naming the step', () => {
    const distance = pseudoHuberDistance(Number.NaN);
    const take = () => takeFullSteps(tinyPlan(), distance, systemClock);
    expect(take).toThrow(DivergenceError);
    expect(take).toThrow('step 1 of shapes-ict: got loss NaN');
  });
});
