/** @file The timetable: stages in order without a gap, one object per stage, what each holds. */
import { describe, expect, it } from 'vitest';
import { Timetable } from '../../harness/plan/timetable.ts';
import * as cifar10 from '../../recipes/cifar10.ts';
import * as imagenet64 from '../../recipes/imagenet64.ts';
import * as shapes from '../../recipes/shapes.ts';
import { hourScale, paperScale, planOf } from './fixtures.ts';

describe('Timetable', () => {
  it('has the eight stages of iCT', () => {
    const spans = new Timetable(planOf()).spans();
    expect(spans).toEqual(
      [11, 21, 41, 81, 161, 321, 641, 1281].map((N, j) => ({ N, firstStep: j * 50_000, steps: 50_000 })),
    );
  });

  it('has every N of CT once, from 2 to s1 (N = s1 + 1 belongs to the step after the last)', () => {
    for (const [recipe, last] of [
      [cifar10.ct, 151],
      [imagenet64.ct, 201],
      [shapes.ct, 16],
    ] as const) {
      const plan = planOf({ recipe });
      const spans = new Timetable(plan).spans();
      expect(spans.map(({ N }) => N)).toEqual(Array.from({ length: last - 1 }, (_, j) => j + 2));
      expect(spans.reduce((end, { firstStep, steps }) => (firstStep === end ? end + steps : NaN), 0)).toBe(
        plan.asRun.steps,
      );
    }
  });

  it('follows the as-run curriculum, not the published one', () => {
    const table = new Timetable(planOf({ scale: hourScale }));
    expect(table.spans()).toEqual([
      { N: 11, firstStep: 0, steps: 500 },
      { N: 21, firstStep: 500, steps: 500 },
    ]);
  });

  it('computes a stage once', () => {
    const table = new Timetable(planOf());
    expect(table.at(0)).toBe(table.at(49_999));
    expect(table.at(50_000)).not.toBe(table.at(49_999));
  });

  it('holds levels, distribution, weights and the teacher of a stage', () => {
    const ict = new Timetable(planOf()).at(399_999);
    expect(ict).toMatchObject({ N: 1281, intervals: 1280, muTeacher: null });
    expect([ict.levels.length, ict.probabilities.length, ict.cumulative.length, ict.lambda.length]).toEqual([
      1281, 1280, 1280, 1280,
    ]);
    expect([ict.levels[0], ict.levels[1280], ict.cumulative[1279]]).toEqual([0.002, 80, 1]);
    const ct = new Timetable(planOf({ recipe: cifar10.ct })).at(0);
    expect(ct).toMatchObject({ N: 2, intervals: 1, muTeacher: expect.closeTo(0.81, 12) as number });
    expect([...ct.lambda, ...ct.cumulative]).toEqual([1, 1]);
  });

  it('uses the decay of the declared convention', () => {
    const at0 = (recipe: typeof cifar10.ct) => new Timetable(planOf({ recipe })).at(0).muTeacher;
    expect(at0(cifar10.ct)).toBeCloseTo(0.81, 12);
    expect(at0(cifar10.ctPaperMu)).toBeCloseTo(0.9, 12);
  });

  it('ends with the plan', () => {
    const table = new Timetable(planOf({ scale: { ...paperScale, steps: 100 } }));
    expect(table.at(99).N).toBe(1281);
    expect(() => table.at(100)).toThrow(
      'timetable: got 100, expected a step from 0 to 99. Stop at the last step of the plan.',
    );
  });
});
