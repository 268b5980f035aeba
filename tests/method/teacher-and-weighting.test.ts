/** @file mu(k) in both conventions and lambda, against the published tables. */
import { describe, expect, it } from 'vitest';
import { levelCount } from '../../harness/method/curriculum.ts';
import { noiseLevels } from '../../harness/method/levels.ts';
import { intervalProbabilities } from '../../harness/method/noise.ts';
import { teacherDecay } from '../../harness/method/teacher.ts';
import { intervalWeights } from '../../harness/method/weighting.ts';

const edm = { sigmaMin: 0.002, sigmaMax: 80, rho: 7, sigmaData: 0.5 };

describe('teacherDecay', () => {
  // Song et al. 2023, appendix C (paper) and openai/consistency_models create_ema_and_scales_fn at e32b69e (code).
  it.each([
    [0, 0.9, 0.81, 0.95, 0.9025],
    [1, 0.9321698, 0.9, 0.9663825, 0.95],
    [1_000, 0.9654894, 0.9587315, 0.9872585, 0.9854516],
    [10_000, 0.9876812, 0.9869163, 0.9955496, 0.9953478],
    [100_000, 0.9961054, 0.996032, 0.9985762, 0.9985562],
    [400_000, 0.9980326, 0.998014, 0.9992829, 0.9992778],
    [800_000, 0.9986055, 0.9985962, 0.9994897, 0.9994872],
  ])('has the published decay at step %i', (k, cifarPaper, cifarCode, imagenetPaper, imagenetCode) => {
    const decay = (mu0: number, s1: number, convention: 'paper' | 'code') =>
      teacherDecay({ kind: 'ema', mu0, convention }, levelCount({ kind: 'square-root', s0: 2, s1 }, k, 800_000), 2);
    expect(decay(0.9, 150, 'paper')).toBeCloseTo(cifarPaper, 7);
    expect(decay(0.9, 150, 'code')).toBeCloseTo(cifarCode, 7);
    expect(decay(0.95, 200, 'paper')).toBeCloseTo(imagenetPaper, 7);
    expect(decay(0.95, 200, 'code')).toBeCloseTo(imagenetCode, 7);
  });

  it('has none where the teacher is the student', () => {
    expect(teacherDecay({ kind: 'stop-gradient' }, 11, 10)).toBeNull();
  });
});

describe('intervalWeights', () => {
  it('is one for CT', () => {
    expect([...intervalWeights({ kind: 'uniform' }, noiseLevels(4, edm))]).toEqual([1, 1, 1]);
  });

  // Song & Dhariwal 2023, table 1, evaluated with 40 digits (mpmath 1.3.0).
  it.each([
    [11, 67.931307, 0.02882985, 8.42031],
    [1281, 25584.724, 2.936031, 1129.136],
  ])('is the inverse of the gap for iCT: N = %i', (N, first, last, expectation) => {
    const sigma = noiseLevels(N, edm);
    const lambda = intervalWeights({ kind: 'inverse-gap' }, sigma);
    const p = intervalProbabilities({ kind: 'lognormal', pMean: -1.1, pStd: 2 }, sigma);
    const mean = p.reduce((sum, value, j) => sum + value * lambda[j]!, 0);
    const errors = [lambda[0]! / first, lambda[N - 2]! / last, mean / expectation].map((ratio) => Math.abs(ratio - 1));
    // Printed with six to eight digits.
    expect(Math.max(...errors)).toBeLessThan(1e-6);
    expect(lambda.length).toBe(N - 1);
  });
});
