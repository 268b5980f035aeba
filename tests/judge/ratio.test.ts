/** @file Published ratios: the interval of a ratio, and the verdicts on it. */
import { describe, expect, it } from 'vitest';
import { judgeRatio } from '../../harness/judge/ratio.ts';
import type { PairedEvidence } from '../../harness/judge/paired-evidence.ts';
import { tQuantile } from '../../harness/judge/student-t.ts';
import { standardJudgement } from '../../harness/results/judgement.ts';

const claim = { factor: 3.5 };

describe('judgeRatio', () => {
  it('reproduces "3.5x" where the interval of the ratio lies within twice the margin', () => {
    const { kind, measured } = judge([8.7, 8.65, 8.74], [2.51, 2.5, 2.49]);
    expect(kind).toBe('reproduced');
    expect(measured!.ratio).toBeCloseTo(3.479, 3);
    expect([measured!.band.low, measured!.band.high]).toEqual([
      expect.closeTo(3.5 / 1.1, 12) as number,
      expect.closeTo(3.5 * 1.1, 12) as number,
    ]);
  });

  it('is worse where the improvement is smaller, and to be audited where it is larger', () => {
    expect(judge([8.7, 8.65, 8.74], [3.5, 3.49, 3.48]).kind).toBe('worse');
    expect(judge([8.7, 8.65, 8.74], [1.9, 1.89, 1.91]).kind).toBe('better-audit');
    expect(judge([8.7, 8.1, 9.4], [2.6, 2.9, 2.3]).kind).toBe('inconclusive');
  });

  it('is not judged by seeds that are not all there', () => {
    const evidence = measured([8.7, 8.7, 8.7], [2.5, 2.5, 2.5]);
    const diverged = { ...evidence, divergedSeeds: [3], plannedSeeds: [0, 1, 2, 3] } as PairedEvidence;
    expect(judgeRatio(claim, 'fid50k', diverged, standardJudgement)).toMatchObject({
      kind: 'unstable',
      why: '3 of 4 planned seeds finished, 1 diverged',
    });
    expect(judge([8.7], [2.5])).toMatchObject({ kind: 'inconclusive', why: 'one seed has no spread', measured: null });
    const none = { kind: 'none', reason: 'this run holds no cifar10-ct' } as const;
    expect(judgeRatio(claim, 'fid50k', none, standardJudgement)).toMatchObject({
      kind: 'not-attempted',
      why: 'this run holds no cifar10-ct',
    });
  });

  it('has the interval of Fieller for spreads of a few per cent', () => {
    const over = [8.7, 8.9, 8.55, 8.8, 8.62];
    const under = [2.51, 2.46, 2.55, 2.5, 2.58];
    const { interval } = judge(over, under).measured!;
    const [low, high] = fieller(over, under);
    expect(interval.low / low).toBeCloseTo(1, 3);
    expect(interval.high / high).toBeCloseTo(1, 3);
  });
});

/** The ratios r at which the paired t-test of over - r under does not reject: roots of a quadratic. Source: Fieller, JRSS B 16 (1954). */
function fieller(over: readonly number[], under: readonly number[]): [number, number] {
  const n = over.length;
  const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / n;
  const covariance = (x: readonly number[], y: readonly number[]): number =>
    x.reduce((sum, value, i) => sum + (value - mean(x)) * (y[i]! - mean(y)), 0) / (n - 1) / n;
  const t = tQuantile(0.95, n - 1) ** 2;
  const a = mean(under) ** 2 - t * covariance(under, under);
  const b = mean(over) * mean(under) - t * covariance(over, under);
  const c = mean(over) ** 2 - t * covariance(over, over);
  const root = Math.sqrt(b * b - a * c);
  return [(b - root) / a, (b + root) / a];
}

function judge(over: readonly number[], under: readonly number[]) {
  return judgeRatio(claim, 'fid50k', measured(over, under), standardJudgement);
}

function measured(over: readonly number[], under: readonly number[]): PairedEvidence {
  const pairs = over.map((first, seed) => ({ seed, first, second: under[seed]! }));
  return { kind: 'measured', pairs, plannedSeeds: pairs.map(({ seed }) => seed), divergedSeeds: [], of: 'training' };
}
