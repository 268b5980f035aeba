/** @file The loss curve: means of stretches that never cross a change of N and never outgrow the page. */
import { describe, expect, it } from 'vitest';
import { Timetable } from '../../harness/plan/timetable.ts';
import { addLoss, type LossCurve } from '../../harness/train/loss-curve.ts';
import { planOf } from '../plan/fixtures.ts';

/** The curve of a run whose loss at step k is k, its curriculum doubling from 10 intervals to `s1`. */
function curveOf(steps: number, s1: number): LossCurve {
  const plan = planOf();
  const asRun = { ...plan.asRun, steps, batchImages: 4, s0: 10, s1 };
  const timetable = new Timetable({ recipe: plan.recipe, asRun });
  const curve: LossCurve = { loss: [], stretch: { sum: 0, count: 0 } };
  for (let k = 0; k < steps; k++) addLoss(curve, asRun, timetable, k, k);
  return curve;
}

describe('addLoss', () => {
  it('keeps every step of a short run, with the step after which it was reached', () => {
    expect(curveOf(3, 10).loss).toEqual([
      { step: 1, images: 4, loss: 0, levels: 11 },
      { step: 2, images: 8, loss: 1, levels: 11 },
      { step: 3, images: 12, loss: 2, levels: 11 },
    ]);
  });

  it('ends a stretch where N changes and with the run, so that no mean mixes stages', () => {
    // Four steps a point; N changes after 601 of 1202 steps and is 21 from there.
    const { loss, stretch } = curveOf(1202, 20);
    expect(loss.filter(({ step }) => step > 596 && step < 610)).toEqual([
      { step: 600, images: 2400, loss: 597.5, levels: 11 },
      { step: 601, images: 2404, loss: 600, levels: 11 },
      { step: 605, images: 2420, loss: 602.5, levels: 21 },
      { step: 609, images: 2436, loss: 606.5, levels: 21 },
    ]);
    expect(loss.at(-1)).toEqual({ step: 1202, images: 4808, loss: 1201, levels: 21 });
    expect(stretch).toEqual({ sum: 0, count: 0 });
  });

  it('has some four hundred points at most, however long the run', () => {
    expect(curveOf(100_000, 80).loss.length).toBeLessThanOrEqual(400 + 4);
  });
});
