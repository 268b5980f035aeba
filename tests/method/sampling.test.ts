/** @file Levels of few-step sampling: published second levels, the authors' indices, noise put back, refusals. */
import { describe, expect, it } from 'vitest';
import { noiseLevels } from '../../harness/method/levels.ts';
import {
  levelOfDescendingIndex,
  nearestLevelIndex,
  projectedLevel,
  renoiseFactor,
  samplingLevels,
} from '../../harness/method/sampling.ts';

const edm = { sigmaMin: 0.002, sigmaMax: 80, rho: 7, sigmaData: 0.5 };

describe('samplingLevels', () => {
  it('begin at sigmaMax and go down', () => {
    expect([...samplingLevels(edm)]).toEqual([80]);
    expect([...samplingLevels(edm, [0.821])]).toEqual([80, 0.821]);
    expect([...samplingLevels(edm, [24.4, 5.84, 0.9])]).toEqual([80, 24.4, 5.84, 0.9]);
  });

  it('refuse levels that rise or leave the grid', () => {
    expect(() => samplingLevels(edm, [0.9, 5.84])).toThrow(
      'sampling levels: got 5.84, expected a level between sigmaMin 0.002 and the level before it, 0.9. List the levels from high to low.',
    );
    expect(() => samplingLevels(edm, [0.002])).toThrow('got 0.002, expected a level between sigmaMin 0.002');
    expect(() => samplingLevels(edm, [80])).toThrow('and the level before it, 80');
    expect(() => samplingLevels(edm, [NaN])).toThrow('got NaN');
  });
});

describe('levelOfDescendingIndex', () => {
  // openai/consistency_models scripts/launch.sh at e32b69e (--ts 0,106,200 --steps 201; --ts 0,22,39 --steps 40);
  // openai/consistency_models_cifar10 editing_multistep_sampling.ipynb (ts 0, 11, 17 of 18).
  it.each([
    [106, 201, 1.9128436206953614],
    [22, 40, 1.382368],
    [11, 18, 0.585348],
  ])('gives the published second level: index %i of %i', (index, N, expected) => {
    expect(Math.abs(levelOfDescendingIndex(index, N, edm) / expected - 1)).toBeLessThan(1e-6);
  });

  it('runs from sigmaMax to sigmaMin and no further', () => {
    expect([0, 200].map((index) => levelOfDescendingIndex(index, 201, edm))).toEqual([80, 0.002]);
    expect(() => levelOfDescendingIndex(201, 201, edm)).toThrow(
      'sampling levels: got 201, expected an integer index from 0 to 200. Choose an index of the grid.',
    );
    expect(() => levelOfDescendingIndex(0.5, 201, edm)).toThrow('got 0.5');
  });
});

describe('nearestLevelIndex', () => {
  // The second levels of iCT are grid points of its last stage: 0.8208668 and 1.5257662.
  it.each([
    [0.821, 492, 0.8208668],
    [1.526, 571, 1.5257662],
  ])('finds the grid point behind the published %d', (tau, index, level) => {
    const sigma = noiseLevels(1281, edm);
    expect(nearestLevelIndex(tau, sigma)).toBe(index);
    expect(sigma[index]).toBeCloseTo(level, 7);
  });
});

describe('projectedLevel', () => {
  it('undoes the rounding of a published level on the grid of the published length', () => {
    expect(projectedLevel(0.821, 1281, edm)).toMatchObject({ index: 492, N: 1281 });
    // openai/consistency_models --ts 0,106,200 --steps 201, counted from sigmaMax.
    const exact = 1.912_843_620_695_361_4;
    expect(projectedLevel(exact, 201, edm)).toEqual({ sigma: exact, index: 94, N: 201 });
  });

  it('is the nearest of a short grid by the logarithm, and never an end', () => {
    const { sigma, index } = projectedLevel(0.821, 16, edm);
    expect(index).toBe(6);
    expect(sigma).toBe(noiseLevels(16, edm)[6]);
    expect(sigma).toBeCloseTo(0.9654, 4);
    expect(projectedLevel(79, 16, edm).index).toBe(14);
    expect(projectedLevel(0.0021, 16, edm).index).toBe(1);
  });

  it('needs a level between the ends', () => {
    expect(projectedLevel(0.821, 3, edm).index).toBe(1);
    expect(() => projectedLevel(0.821, 2, edm)).toThrow(
      'second sampling level: got a grid of 2 levels, expected at least 3, so that one lies between its ends. Raise s1 of the curriculum.',
    );
  });
});

describe('renoiseFactor', () => {
  it('leaves sigmaMin of noise in the image', () => {
    expect(renoiseFactor(0.821, edm)).toBe(Math.sqrt(0.821 ** 2 - 0.002 ** 2));
  });

  it('is zero at and below sigmaMin instead of the root of a negative number', () => {
    expect([renoiseFactor(0.002, edm), renoiseFactor(0.0019999999, edm)]).toEqual([0, 0]);
    expect(renoiseFactor(81, edm)).toBe(renoiseFactor(80, edm));
  });
});
