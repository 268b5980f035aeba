/** @file The power that is printed before a run, against the rules that are applied after it. */
import { describe, expect, it } from 'vitest';
import { HostRandom } from '../../harness/core/random.ts';
import { compareSeeds } from '../../harness/judge/compare.ts';
import {
  differingProbability,
  powerOf,
  reproducedProbability,
  seedsToSettle,
  smallestDifference,
} from '../../harness/judge/power.ts';
import { judgeClaim, type Verdict } from '../../harness/judge/verdict.ts';
import { standardJudgement } from '../../harness/results/judgement.ts';

const { confidence } = standardJudgement;
const trials = 4_000;
/** Four standard errors of a share. */
const slack = (share: number): number => 4 * Math.sqrt((share * (1 - share)) / trials) + 1e-3;

describe('reproducedProbability', () => {
  // By simulation in an independent review of this rule: 0.96, 0.49 and 0.22 without bias, 0.18 with one of 3 %.
  it.each([
    [0.01, 0, 0.96],
    [0.02, 0, 0.49],
    [0.03, 0, 0.22],
    [0.02, 0.03, 0.18],
  ])('of three seeds with a spread of %d and a bias of %d is %d', (spread, bias, share) => {
    const found = reproducedProbability({ seeds: 3, spread, margin: 0.05, confidence, published: 'mean', bias });
    expect(found).toBeCloseTo(share, 2);
  });

  it.each([
    [2, 0.01],
    [3, 0.02],
    [5, 0.03],
    [10, 0.03],
  ])('is how often judgeClaim says so: %d seeds, spread %d', (seeds, spread) => {
    const input = { seeds, spread, margin: 0.05, confidence };
    const lax = { ...standardJudgement, minimumSeeds: 2 };
    const isReproduced = ({ kind }: Verdict): boolean => kind === 'reproduced';
    const fromRun = shareOf(seeds, spread, 0, lax, isReproduced);
    const expected = reproducedProbability({ ...input, published: 'run' });
    expect(Math.abs(fromRun - expected)).toBeLessThan(slack(expected));
    expect(reproducedProbability({ ...input, published: 'mean' })).toBeGreaterThan(expected);
  });
});

describe('powerOf', () => {
  it('names the smallest bias that judgeClaim finds four times out of five', () => {
    const input = { seeds: 4, spread: 0.02, margin: 0.05, confidence };
    const { smallestBias } = powerOf(input);
    expect(differingProbability(input, smallestBias)).toBeCloseTo(0.8, 5);
    const isDifferent = ({ kind }: Verdict): boolean => kind === 'worse' || kind === 'better-audit';
    const found = shareOf(4, 0.02, smallestBias, standardJudgement, isDifferent);
    // The published run's spread is a share of the published value, the recipe's of its own mean, 15 % higher.
    expect(Math.abs(found - 0.8)).toBeLessThan(slack(0.8) + 0.03);
  });

  it('refuses one seed', () => {
    expect(() => powerOf({ seeds: 1, spread: 0.01, margin: 0.05, confidence })).toThrow(
      'seeds: got 1, expected a whole number, at least 2: one seed has no spread. Plan more seeds.',
    );
  });
});

describe('seedsToSettle', () => {
  it('is the first number of seeds that reaches the power, and none where no affordable number does', () => {
    const input = { spread: 0.02, margin: 0.05, confidence };
    const seeds = seedsToSettle(input)!;
    expect(seeds).toBe(6);
    expect(reproducedProbability({ ...input, seeds, published: 'run' })).toBeGreaterThan(0.8);
    expect(reproducedProbability({ ...input, seeds: seeds - 1, published: 'run' })).toBeLessThan(0.8);
    // The published run alone scatters beyond the margin.
    expect(seedsToSettle({ ...input, spread: 0.05 })).toBeNull();
  });
});

describe('smallestDifference', () => {
  // The noncentral t of SciPy 1.17.1: nct.sf(t.ppf(0.975, n - 1), n - 1, effect * sqrt(n)) = 0.8.
  it.each([
    [3, 3.264],
    [5, 1.682],
    [10, 0.996],
  ])('of %d pairs is %d standard deviations', (seeds, effect) => {
    expect(smallestDifference(seeds, confidence)).toBeCloseTo(effect, 3);
  });

  it('is what compareSeeds finds four times out of five', () => {
    const random = new HostRandom(9, 'bootstrap', 0);
    const effect = smallestDifference(4, confidence);
    let found = 0;
    for (let trial = 0; trial < trials; trial++) {
      const seeds = [0, 1, 2, 3];
      const candidate = seeds.map((seed) => ({ seed, value: random.normal() - effect }));
      const baseline = seeds.map((seed) => ({ seed, value: 0 }));
      const input = { baseline, candidate, plannedSeeds: seeds, better: 'lower' } as const;
      if (compareSeeds([input], { confidence, minimumSeeds: 3 })[0]!.outcome === 'better') found += 1;
    }
    expect(Math.abs(found / trials - 0.8)).toBeLessThan(slack(0.8));
  });
});

/** How often judgeClaim gives such a verdict on a recipe with this bias, the published value being one run around 1. */
function shareOf(
  seeds: number,
  spread: number,
  bias: number,
  judgement: typeof standardJudgement,
  isWanted: (verdict: Verdict) => boolean,
): number {
  const random = new HostRandom(seeds, 'bootstrap', 7);
  const planned = Array.from({ length: seeds }, (_, seed) => seed);
  let count = 0;
  for (let trial = 0; trial < trials; trial++) {
    const value = 1 + spread * random.normal();
    const measured = planned.map((seed) => ({ seed, draws: [1 + bias + spread * random.normal()] as const }));
    const evidence = {
      kind: 'measured',
      seeds: measured,
      plannedSeeds: planned,
      divergedSeeds: [],
      of: 'training',
    } as const;
    const claim = { metric: 'fid50k', value, better: 'lower', bestOf: null } as const;
    if (isWanted(judgeClaim(claim, evidence, judgement))) count += 1;
  }
  return count / trials;
}
