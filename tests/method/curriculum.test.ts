/** @file N(k): published values, exactness of the square-root form, stage lengths. */
import { describe, expect, it } from 'vitest';
import { doublingStageSteps, levelCount } from '../../harness/method/curriculum.ts';

const ctCifar = { kind: 'square-root', s0: 2, s1: 150 } as const;
const ctImagenet = { kind: 'square-root', s0: 2, s1: 200 } as const;
const ict = { kind: 'doubling', s0: 10, s1: 1280 } as const;

describe('the square-root curriculum of CT', () => {
  // Song et al. 2023, appendix C, evaluated by openai/consistency_models create_ema_and_scales_fn at e32b69e.
  it.each([
    [0, 2, 2],
    [1, 3, 3],
    [1_000, 6, 8],
    [10_000, 17, 23],
    [100_000, 54, 72],
    [400_000, 107, 143],
    [800_000, 151, 201],
  ])('has the published N at step %i', (k, cifar, imagenet) => {
    expect([levelCount(ctCifar, k, 800_000), levelCount(ctImagenet, k, 800_000)]).toEqual([cifar, imagenet]);
  });

  it('is the exact ceiling at every one of the 800,001 published steps, checked in whole numbers', () => {
    const K = 800_000;
    for (const { s0, s1 } of [ctCifar, ctImagenet]) {
      let disagreements = 0;
      let intervals = 1;
      for (let k = 0; k <= K; k++) {
        // N - 1 is the smallest n with (n + 1)^2 K >= k ((s1 + 1)^2 - s0^2) + K s0^2: whole numbers below 2^53.
        const wanted = k * ((s1 + 1) ** 2 - s0 ** 2) + K * s0 ** 2;
        while ((intervals + 1) ** 2 * K < wanted) intervals += 1;
        if (levelCount({ kind: 'square-root', s0, s1 }, k, K) !== intervals + 1) disagreements += 1;
      }
      expect(disagreements).toBe(0);
    }
  });

  it('keeps one interval even where the formula gives none', () => {
    expect(levelCount({ kind: 'square-root', s0: 1, s1: 5 }, 0, 100)).toBe(2);
  });
});

describe('the doubling curriculum of iCT', () => {
  it.each([
    [400_000, 50_000],
    [800_000, 100_000],
  ])('has eight equal stages over %i steps', (K, stage) => {
    expect(doublingStageSteps(ict.s0, ict.s1, K)).toBe(stage);
    const starts = Array.from({ length: 8 }, (_, j) => levelCount(ict, j * stage, K));
    const ends = Array.from({ length: 8 }, (_, j) => levelCount(ict, (j + 1) * stage - 1, K));
    expect(starts).toEqual([11, 21, 41, 81, 161, 321, 641, 1281]);
    expect(ends).toEqual(starts);
    expect(levelCount(ict, K, K)).toBe(1281);
  });

  it('gives the rest of an uneven length to the last stage', () => {
    const curriculum = { kind: 'doubling', s0: 10, s1: 640 } as const;
    expect(doublingStageSteps(10, 640, 70_003)).toBe(10_000);
    expect(levelCount(curriculum, 69_999, 70_003)).toBe(641);
    expect(levelCount(curriculum, 70_002, 70_003)).toBe(641);
  });

  it('stops at s1 where s1 is no doubling of s0', () => {
    // log2(floor(25/10)) + 1 = 2 stages of 50 steps.
    expect([0, 50, 99, 100].map((k) => levelCount({ kind: 'doubling', s0: 10, s1: 25 }, k, 100))).toEqual([
      11, 21, 21, 26,
    ]);
  });

  it('refuses a run with fewer steps than stages', () => {
    expect(() => levelCount(ict, 0, 7)).toThrow(
      'doubling curriculum: got 7, expected at least 8 steps, one for each stage from s0 10 to s1 1280. Lengthen the run or lower s1.',
    );
  });
});

describe('levelCount', () => {
  it.each([-1, 0.5, 101])('refuses step %d of a run of 100', (k) => {
    expect(() => levelCount(ctCifar, k, 100)).toThrow(
      `curriculum: got ${k}, expected an integer step from 0 to 100. Ask for a step inside the run.`,
    );
  });

  it('never falls', () => {
    for (const curriculum of [ctCifar, ict]) {
      const counts = Array.from({ length: 1001 }, (_, k) => levelCount(curriculum, k, 1000));
      expect(counts.every((N, k) => k === 0 || N >= counts[k - 1]!)).toBe(true);
    }
  });
});
