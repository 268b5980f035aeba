/** @file Verdicts on published claims: every kind, the thresholds that part them, and how often they are wrong by chance. */
import { describe, expect, it } from 'vitest';
import { HostRandom } from '../../harness/core/random.ts';
import { standardJudgement } from '../../harness/results/judgement.ts';
import { judgeClaim, type Evidence, type PublishedClaim } from '../../harness/judge/verdict.ts';

const claim: PublishedClaim = { metric: 'fid50k', value: 2.83, better: 'lower', bestOf: null };

describe('judgeClaim', () => {
  // 5 % of 2.83 is 0.1415: the band is 2.6885 to 2.9715. t(0.95, 2) / sqrt(3) = 2.4841.
  it('calls it reproduced when the interval lies inside the margin', () => {
    expect(judge([2.8, 2.83, 2.86]).kind).toBe('reproduced');
  });

  it('calls it worse only when the whole interval lies beyond the margin', () => {
    expect(judge([3.1, 3.12, 3.14]).kind).toBe('worse');
    expect(judge([3.0, 3.05, 3.1])).toMatchObject({
      kind: 'inconclusive',
      why: 'the interval crosses the edge of the margin',
    });
  });

  it('calls for an audit when it is better than published', () => {
    expect(judge([2.5, 2.51, 2.52]).kind).toBe('better-audit');
  });

  it('turns with the direction of the metric', () => {
    const score: PublishedClaim = { ...claim, metric: 'is50k', value: 9.5, better: 'higher' };
    expect(judge([8.1, 8.11, 8.12], score).kind).toBe('worse');
    expect(judge([10.5, 10.51, 10.52], score).kind).toBe('better-audit');
  });

  it('never judges from one seed, whatever the thresholds', () => {
    const lax = { ...standardJudgement, minimumSeeds: 1 };
    expect(judgeClaim(claim, measured([2.83]), lax)).toMatchObject({
      kind: 'inconclusive',
      seeds: 1,
      why: 'one seed has no spread',
      measured: null,
    });
  });

  it('does not judge from fewer seeds than registered', () => {
    expect(judge([2.82, 2.83])).toMatchObject({ kind: 'inconclusive', seeds: 2, why: 'fewer than 3 seeds' });
  });

  it('does not set a scaled run against the published number', () => {
    const differences = [{ what: 'optimizer steps', published: 400_000, asRun: 3_000 }];
    expect(judgeClaim(claim, { kind: 'scaled', differences }, standardJudgement)).toEqual({
      kind: 'scaled-recipe',
      differences,
    });
  });

  it('says why nothing was attempted', () => {
    const verdict = judgeClaim(claim, { kind: 'none', reason: 'this run holds no cifar10-ict' }, standardJudgement);
    expect(verdict).toEqual({ kind: 'not-attempted', reason: 'this run holds no cifar10-ict' });
    expect(judge([])).toEqual({ kind: 'not-attempted', reason: 'no planned seed has finished' });
  });

  it('shows the best of as many draws as the published number, and what choosing it gains', () => {
    const evidence: Evidence = {
      kind: 'measured',
      plannedSeeds: 3,
      seeds: [
        { seed: 0, draws: [2.0, 1.96, 2.04] },
        { seed: 1, draws: [2.02, 2.06, 1.98] },
        { seed: 2, draws: [2.0, 2.04, 1.96] },
      ],
    };
    const verdict = judgeClaim({ ...claim, value: 1.97, bestOf: 3 }, evidence, standardJudgement);
    expect(verdict.kind).toBe('reproduced');
    if (verdict.kind !== 'reproduced') return;
    expect(verdict.measured.mean).toBeCloseTo((2 + 2.02 + 2) / 3, 12);
    expect(verdict.measured.asReported).toBeCloseTo((1.96 + 1.98 + 1.96) / 3, 12);
    // The least of three normal draws lies 0.8463 standard deviations below the mean; each seed's is 0.04.
    expect(verdict.measured.expectedSelectionGain).toBeCloseTo(0.8462843753 * 0.04, 9);
  });

  it('errs at most as often as the confidence allows when the published value is the true mean', () => {
    const random = new HostRandom(11, 'bootstrap', 0);
    const narrow = { ...standardJudgement, relativeMargin: 1e-9 };
    const trials = 3000;
    let wrong = 0;
    for (let i = 0; i < trials; i++) {
      const values = [0, 1, 2].map(() => claim.value + 0.05 * random.normal());
      const { kind } = judgeClaim(claim, measured(values), narrow);
      if (kind === 'worse' || kind === 'better-audit') wrong += 1;
    }
    const allowed = 1 - standardJudgement.confidence;
    // Four standard errors of a proportion of 0.05 over 3000 trials; with a real margin it is rarer still.
    expect(wrong / trials).toBeLessThan(allowed + 4 * Math.sqrt((allowed * (1 - allowed)) / trials));
    expect(wrong / trials).toBeGreaterThan(allowed - 4 * Math.sqrt((allowed * (1 - allowed)) / trials));
  });

  it('calls a mean at the edge of the margin reproduced at most as often as the confidence allows', () => {
    const random = new HostRandom(12, 'bootstrap', 0);
    const edge = claim.value * (1 + standardJudgement.relativeMargin);
    const trials = 2000;
    let wrong = 0;
    for (let i = 0; i < trials; i++) {
      const values = [0, 1, 2, 3, 4].map(() => edge + 0.02 * random.normal());
      if (judgeClaim(claim, measured(values), standardJudgement).kind === 'reproduced') wrong += 1;
    }
    expect(wrong / trials).toBeLessThan(1 - standardJudgement.confidence);
  });
});

function judge(values: readonly number[], of = claim) {
  return judgeClaim(of, measured(values), standardJudgement);
}

function measured(values: readonly number[]): Evidence {
  return { kind: 'measured', plannedSeeds: 3, seeds: values.map((value, seed) => ({ seed, draws: [value] })) };
}
