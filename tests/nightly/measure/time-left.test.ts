/** @file Budget of a night: what one round takes at least, and how much first pairs leave for second ones. */
import { describe, expect, it } from 'vitest';
import { beginBudget, leastSeconds } from '../../../harness/nightly/measure/time-left.ts';
import { HandClock, pairedRows, plan } from './fixture.ts';

describe('the budget', () => {
  it('holds one value of each group: a quarter of what a fixed row may take, one pair of a paired one', () => {
    // fixed 40 / 4, cells 40 / 4, steps 100 / 14, gpu-steps 100 / 14
    expect(leastSeconds(plan.rows, plan.gate)).toBeCloseTo(20 + 200 / 14, 12);
    expect(leastSeconds(pairedRows, plan.gate)).toBeCloseTo(100 / 14, 12);
  });

  it('is refused when it is too small for one round', () => {
    const rows = plan.rows.map((row) => ({ ...row, budgetSeconds: 600 }));
    expect(() => beginBudget(6, rows, plan.gate, new HandClock())).toThrow(
      '--budget: got 6, expected at least 7 minutes: one round of 6 rows. Give more time, or fewer rows with --only or --quick.',
    );
  });

  it('keeps a quarter for second stages', () => {
    const clock = new HandClock();
    const { firstPairs, whole } = beginBudget(10, plan.rows, plan.gate, clock);
    clock.pass(60_000);
    const first = firstPairs();
    expect(first.left()).toBeCloseTo(390_000, 6);
    clock.pass(60_000);
    expect(first.left()).toBeCloseTo(330_000, 6);
    expect(whole.left()).toBe(480_000);
  });

  it('leaves first pairs most of what is left, however long the cells before them took', () => {
    const clock = new HandClock();
    const { firstPairs } = beginBudget(10, plan.rows, plan.gate, clock);
    clock.pass(420_000);
    expect(firstPairs().left()).toBeCloseTo(0.6 * 180_000, 6);
  });
});
