/** @file Published orders: two recipes against each other, and a recipe against another work's number. */
import { describe, expect, it } from 'vitest';
import { judgeMeasuredOrder, judgeOrderWithPublished } from '../../harness/judge/order.ts';
import type { PairedEvidence } from '../../harness/judge/paired-evidence.ts';
import type { MeasuredEvidence } from '../../harness/judge/verdict.ts';
import { standardJudgement } from '../../harness/results/judgement.ts';

describe('judgeMeasuredOrder', () => {
  it('holds, is reversed, or is open, by the paired interval', () => {
    expect(judge([2.2, 2.21, 2.19], [2.5, 2.52, 2.49])).toMatchObject({
      kind: 'holds',
      measured: { seeds: 3, plannedSeeds: 3, lead: expect.closeTo(0.3033, 4) as number },
    });
    expect(judge([2.5, 2.52, 2.49], [2.2, 2.21, 2.19]).kind).toBe('reversed');
    expect(judge([2.5, 2.2, 2.4], [2.4, 2.6, 2.3])).toMatchObject({
      kind: 'inconclusive',
      why: 'the interval holds zero',
    });
  });

  it('turns with the direction of the metric', () => {
    expect(judgeMeasuredOrder(pairs([9.5, 9.52, 9.49], [8.4, 8.41, 8.39]), 'higher', standardJudgement).kind).toBe(
      'holds',
    );
  });

  it('is never shown by two seeds', () => {
    const lax = { ...standardJudgement, minimumSeeds: 2 };
    expect(judgeMeasuredOrder(pairs([2.2, 2.2], [2.5, 2.51]), 'lower', lax)).toMatchObject({
      kind: 'inconclusive',
      why: 'fewer than 3 seeds',
    });
  });
});

describe('judgeOrderWithPublished', () => {
  it('asks that one further run of the recipe would be ahead too', () => {
    const ahead = { better: 'lower', measuredIsBetter: true } as const;
    const of = (values: readonly number[], published: number) =>
      judgeOrderWithPublished(seeds(values), published, ahead, standardJudgement);
    expect(of([2.8, 2.83, 2.86], 3.55).kind).toBe('holds');
    expect(of([4.4, 4.42, 4.38], 3.55).kind).toBe('reversed');
    // The mean is below 2.93 by more than its own interval, but a single run could be above.
    expect(of([2.8, 2.83, 2.86], 2.93).kind).toBe('inconclusive');
    // 0.35 % apart: retraining moves FID by more.
    expect(of([2.92, 2.9201, 2.9202], 2.93).kind).toBe('inconclusive');
  });

  it('judges the claim that the other work is the better one', () => {
    const behind = { better: 'lower', measuredIsBetter: false } as const;
    const verdict = judgeOrderWithPublished(seeds([8.7, 8.68, 8.72]), 8.34, behind, standardJudgement);
    expect(verdict).toMatchObject({ kind: 'holds', measured: { lead: expect.closeTo(0.36, 10) as number } });
  });

  it('is unstable when a seed diverged', () => {
    const diverged = { ...seeds([2.8, 2.83, 2.86]), plannedSeeds: [0, 1, 2, 3], divergedSeeds: [3] };
    const ahead = { better: 'lower', measuredIsBetter: true } as const;
    expect(judgeOrderWithPublished(diverged, 3.55, ahead, standardJudgement).kind).toBe('unstable');
  });
});

function judge(better: readonly number[], worse: readonly number[]) {
  return judgeMeasuredOrder(pairs(better, worse), 'lower', standardJudgement);
}

function pairs(better: readonly number[], worse: readonly number[]): PairedEvidence {
  const paired = better.map((first, seed) => ({ seed, first, second: worse[seed]! }));
  return {
    kind: 'measured',
    pairs: paired,
    plannedSeeds: paired.map(({ seed }) => seed),
    divergedSeeds: [],
    of: 'training',
  };
}

function seeds(values: readonly number[]): MeasuredEvidence {
  const measured = values.map((value, seed) => ({ seed, draws: [value] as const }));
  return {
    kind: 'measured',
    seeds: measured,
    plannedSeeds: measured.map(({ seed }) => seed),
    divergedSeeds: [],
    of: 'training',
  };
}
