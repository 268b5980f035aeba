/** @file Power of the rules in verdict.ts and compare.ts: the probability of a verdict, before a run. */
import { HarnessError } from '../core/errors.ts';
import { erfc } from '../method/error-function.ts';
import { inconclusiveGap } from '../results/judgement.ts';
import { fewestPairs } from './compare.ts';
import { logGamma, tQuantile } from './student-t.ts';

/** A claim to be judged; every size is a share of the published value. */
export interface PowerInput {
  readonly seeds: number;
  /** Standard deviation over seeds. */
  readonly spread: number;
  readonly margin: number;
  readonly confidence: number;
}

export interface Power {
  readonly spread: number;
  /** P(reproduced) if the recipe's mean is the published value. */
  readonly reproduced: number;
  /** The same if the published value is one run of an equal method, as it is. */
  readonly reproducedFromOneRun: number;
  /** The least bias of the recipe that is called worse (or better) four times out of five. */
  readonly smallestBias: number;
}

/** Of the runs in which there is something to be found. */
export const wantedPower = 0.8;

/** The spreads that are shown where nobody names one: retraining moves FID by 1 to 2 % (arXiv:2606.20536). */
export const shownSpreads = [0.01, 0.02, 0.03] as const;

export function powerOf(input: PowerInput): Power {
  return {
    spread: input.spread,
    reproduced: reproducedProbability({ ...input, published: 'mean' }),
    reproducedFromOneRun: reproducedProbability({ ...input, published: 'run' }),
    smallestBias: smallestBias(input),
  };
}

/**
 * P(reproduced) = E_s[P(|M - v| <= m - t s / sqrt(n))] for the mean M of n normal values and their standard deviation s, independent of M. The gap
 * M - v has mean `bias` and variance sigma^2 / n, or sigma^2 (1 + 1/n) where v is itself one run. By quadrature; within 1e-6.
 */
export function reproducedProbability({
  seeds,
  spread,
  margin,
  confidence,
  published,
  bias = 0,
}: PowerInput & { readonly published: 'mean' | 'run'; readonly bias?: number }): number {
  const t = tQuantile(confidence, requireSeeds(seeds) - 1);
  const sd = spread * Math.sqrt(1 / seeds + (published === 'run' ? 1 : 0));
  return expectationOverSpread(seeds, (share) => {
    const reach = margin - (t * share * spread) / Math.sqrt(seeds);
    return reach < 0 ? 0 : normalBelow((reach - bias) / sd) - normalBelow((-reach - bias) / sd);
  });
}

/** P(worse or better) for a bias of the recipe: the gap to the one published run exceeds margin and interval of one further run. */
export function differingProbability({ seeds, spread, margin, confidence }: PowerInput, bias: number): number {
  const t = tQuantile(confidence, requireSeeds(seeds) - 1);
  const root = Math.sqrt(1 + 1 / seeds);
  return expectationOverSpread(seeds, (share) => {
    const reach = margin + Math.max(t * share * spread * root, inconclusiveGap.training);
    const sd = spread * root;
    return normalBelow((bias - reach) / sd) + normalBelow((-bias - reach) / sd);
  });
}

/** The fewest seeds that reproduce an unbiased recipe four times out of five, the published value being one run; null beyond `most`. */
export function seedsToSettle(input: Omit<PowerInput, 'seeds'>, most = 50): number | null {
  for (let seeds = fewestPairs; seeds <= most; seeds++) {
    if (reproducedProbability({ ...input, seeds, published: 'run' }) >= wantedPower) return seeds;
  }
  return null;
}

/**
 * The smallest true difference of two recipes, in standard deviations of the difference over seeds, that the paired t-test finds four times out
 * of five.
 */
export function smallestDifference(seeds: number, confidence: number): number {
  const t = tQuantile(confidence, requireSeeds(seeds) - 1);
  const root = Math.sqrt(seeds);
  const found = (effect: number): number =>
    expectationOverSpread(
      seeds,
      (share) => normalBelow(effect * root - t * share) + normalBelow(-effect * root - t * share),
    );
  return leastReaching(found);
}

function smallestBias(input: PowerInput): number {
  return leastReaching((bias) => differingProbability(input, bias));
}

/** The argument at which a rising probability reaches `wantedPower`, to six digits. */
function leastReaching(probability: (argument: number) => number): number {
  let low = 0;
  let high = 0.01;
  while (probability(high) < wantedPower) high *= 2;
  while (high - low > 1e-6 * high) {
    const middle = (low + high) / 2;
    if (probability(middle) < wantedPower) low = middle;
    else high = middle;
  }
  return high;
}

/**
 * The expectation of f(s / sigma) over the standard deviation s of n normal values: s^2 (n-1) / sigma^2 is chi-squared with n - 1 degrees.
 * Simpson's rule; the density is below 1e-16 beyond the limit.
 */
function expectationOverSpread(seeds: number, f: (share: number) => number): number {
  const degrees = seeds - 1;
  const logConstant = Math.LN2 + (degrees / 2) * Math.log(degrees / 2) - logGamma(degrees / 2);
  const limit = 1 + 9 / Math.sqrt(degrees);
  const intervals = 2_000;
  const width = limit / intervals;
  let sum = 0;
  for (let i = 0; i <= intervals; i++) {
    const share = i * width;
    const logDensity = logConstant - (degrees * share * share) / 2 + (degrees - 1) * Math.log(share);
    const density = share > 0 || degrees > 1 ? Math.exp(logDensity) : Math.exp(logConstant);
    sum += (i === 0 || i === intervals ? 1 : i % 2 === 1 ? 4 : 2) * density * f(share);
  }
  return (sum * width) / 3;
}

function normalBelow(x: number): number {
  return erfc(-x / Math.SQRT2) / 2;
}

function requireSeeds(seeds: number): number {
  if (Number.isSafeInteger(seeds) && seeds >= 2) return seeds;
  throw new HarnessError({
    where: 'seeds',
    got: seeds,
    expected: 'a whole number, at least 2: one seed has no spread',
    remedy: 'Plan more seeds',
  });
}
