/** @file Verdicts on published claims: every kind, the thresholds that part them, and how often they are wrong by chance. */
import { describe, expect, it } from 'vitest';
import { HostRandom } from '../../harness/core/random.ts';
import { standardJudgement } from '../../harness/results/judgement.ts';
import {
  judgeClaim,
  verdictsBySeeds,
  type MeasuredEvidence,
  type PublishedClaim,
  type Verdict,
} from '../../harness/judge/verdict.ts';

const claim: PublishedClaim = { metric: 'fid50k', value: 2.83, better: 'lower', bestOf: null };

describe('judgeClaim', () => {
  // 5 % of 2.83 is 0.1415: the band is 2.6885 to 2.9715. t(0.95, 2) / sqrt(3) = 2.4841.
  it('calls it reproduced when the interval lies inside the margin', () => {
    expect(judge([2.8, 2.83, 2.86]).kind).toBe('reproduced');
  });

  it('calls it worse only when the interval of one further run lies beyond the margin', () => {
    // t(0.95, 2) sqrt(1 + 1/3) = 4.968 standard deviations to either side of the mean.
    expect(judge([3.1, 3.12, 3.14]).kind).toBe('worse');
    expect(judge([3.0, 3.05, 3.1])).toMatchObject({
      kind: 'inconclusive',
      why: 'the interval crosses the edge of the margin',
    });
    expect(judge([3.08, 3.11, 3.14])).toMatchObject({
      kind: 'inconclusive',
      why: 'the mean lies outside the margin, but the published number is one run, and one run can lie so far off',
    });
  });

  it('calls no gap worse that retraining alone could make, however alike the seeds', () => {
    // 1.3 % of 2.83 is 0.0368 beyond the band, which ends at 2.9715.
    expect(judge([3.007, 3.0071, 3.0072]).kind).toBe('inconclusive');
    expect(judge([3.009, 3.0091, 3.0092]).kind).toBe('worse');
    // Redrawing the samples of given weights moves FID 3.2 times less.
    const given = { ...measured([2.99, 2.9901, 2.9902]), of: 'evaluation' } as const;
    expect(judgeClaim(claim, given, standardJudgement).kind).toBe('worse');
  });

  it('says another word for weights that were not trained here', () => {
    const given = { ...measured([2.8, 2.83, 2.86]), of: 'evaluation' } as const;
    expect(judgeClaim(claim, given, standardJudgement)).toMatchObject({
      kind: 'evaluation-reproduced',
      measured: { of: 'evaluation' },
    });
  });

  it('does not judge from the seeds that are left, and calls a diverged one unstable', () => {
    const near = measured([2.82, 2.83, 2.84]);
    const missing = { ...near, plannedSeeds: [0, 1, 2, 3] };
    expect(judgeClaim(claim, missing, standardJudgement)).toMatchObject({
      kind: 'inconclusive',
      why: '3 of 4 planned seeds finished',
    });
    const diverged = { ...missing, divergedSeeds: [3] };
    expect(judgeClaim(claim, diverged, standardJudgement)).toMatchObject({
      kind: 'unstable',
      why: '3 of 4 planned seeds finished, 1 diverged',
      measured: { mean: 2.83 },
    });
    const all = { ...diverged, seeds: [], divergedSeeds: [0, 1, 2, 3] };
    expect(judgeClaim(claim, all, standardJudgement)).toMatchObject({ kind: 'unstable', measured: null });
  });

  it('has a margin for each metric', () => {
    const score: PublishedClaim = { metric: 'is50k', value: 9.54, better: 'higher', bestOf: null };
    // Within 5 %, outside the 2 % of Inception Score.
    expect(judge([9.2, 9.205, 9.21], score).kind).toBe('worse');
    const one = { confidence: 0.95, relativeMargin: 0.05, minimumSeeds: 3 };
    expect(judgeClaim(score, measured([9.2, 9.205, 9.21]), one).kind).toBe('reproduced');
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
    const none = { ...measured([]), plannedSeeds: [0, 1, 2] };
    expect(judgeClaim(claim, none, standardJudgement)).toEqual({
      kind: 'not-attempted',
      reason: 'no planned seed has finished',
    });
  });

  it('shows the best of as many draws as the published number, and what choosing it gains', () => {
    const evidence: MeasuredEvidence = {
      ...measured([0, 0, 0]),
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

  it('does not know what choosing gains where the rule is not published', () => {
    expect(judge([2.8, 2.83, 2.86])).toMatchObject({ measured: { asReported: null, expectedSelectionGain: null } });
  });
});

describe('the rule of judgeClaim, by simulation', () => {
  const trials = 3_000;
  const alpha = 1 - standardJudgement.confidence;
  const allowed = alpha + 4 * Math.sqrt((alpha * (1 - alpha)) / trials);
  const spread = 0.05;

  it.each([3, 5, 10])(
    'calls an equal method worse or better at most alpha of the time, its number being one run of it (%d seeds)',
    (seeds) => {
      // Without a margin, and with a spread that the 1.3 % of retraining does not hide.
      const narrow = { ...standardJudgement, relativeMargin: 1e-9, margins: {} };
      const random = new HostRandom(11, 'bootstrap', seeds);
      let wrong = 0;
      let wrongWithMargin = 0;
      for (let i = 0; i < trials; i++) {
        const published = { ...claim, value: 2.83 * (1 + spread * random.normal()) };
        const values = Array.from({ length: seeds }, () => 2.83 * (1 + spread * random.normal()));
        if (isDifferent(judgeClaim(published, measured(values), narrow))) wrong += 1;
        if (isDifferent(judgeClaim(published, measured(values), standardJudgement))) wrongWithMargin += 1;
      }
      expect(wrong / trials).toBeLessThan(allowed);
      expect(wrong / trials).toBeGreaterThan(alpha / 2);
      expect(wrongWithMargin / trials).toBeLessThan(alpha / 2);
    },
  );

  it('calls a mean at the edge of the margin reproduced at most half of alpha of the time', () => {
    const random = new HostRandom(12, 'bootstrap', 0);
    const edge = claim.value * (1 + standardJudgement.relativeMargin);
    let wrong = 0;
    for (let i = 0; i < trials; i++) {
      const values = [0, 1, 2, 3, 4].map(() => edge + 0.02 * random.normal());
      if (judgeClaim(claim, measured(values), standardJudgement).kind === 'reproduced') wrong += 1;
    }
    expect(wrong / trials).toBeLessThan(alpha / 2 + 4 * Math.sqrt(alpha / 2 / trials));
  });
});

describe('verdictsBySeeds', () => {
  it('tells the order of verdicts as seeds were added', () => {
    const evidence = { ...measured([2.7, 2.96, 2.83, 2.83, 2.83, 2.83]), divergedSeeds: [] };
    const kinds = verdictsBySeeds(claim, evidence, standardJudgement).map(({ seeds, verdict }) => [
      seeds,
      verdict.kind,
    ]);
    expect(kinds).toEqual([
      [2, 'inconclusive'],
      [3, 'inconclusive'],
      [4, 'inconclusive'],
      [5, 'reproduced'],
      [6, 'reproduced'],
    ]);
  });

  it('is unstable from the seed on that diverged', () => {
    const whole = measured([2.82, 2.83, 2.84, 2.83]);
    const evidence = { ...whole, seeds: whole.seeds.slice(0, 3), divergedSeeds: [3] };
    const kinds = verdictsBySeeds(claim, evidence, standardJudgement).map(({ verdict }) => verdict.kind);
    expect(kinds).toEqual(['inconclusive', 'reproduced', 'unstable']);
  });
});

function isDifferent({ kind }: Verdict): boolean {
  return kind === 'worse' || kind === 'better-audit';
}

function judge(values: readonly number[], of = claim) {
  return judgeClaim(of, measured(values), standardJudgement);
}

function measured(values: readonly number[]): MeasuredEvidence {
  const seeds = values.map((value, seed) => ({ seed, draws: [value] as const }));
  return {
    kind: 'measured',
    plannedSeeds: seeds.map(({ seed }) => seed),
    divergedSeeds: [],
    seeds,
    of: 'training',
  };
}
