/** @file Random streams that neither meet nor remember; their distributions. */
import { describe, expect, it } from 'vitest';
import { philox4x32 } from '../../harness/core/philox.ts';
import { HostRandom, isStream, streamKey, streamOfDraw, streams } from '../../harness/core/random.ts';

describe('streamKey', () => {
  it('is the first 8 bytes of the sha256 of seed and name, little endian', () => {
    // printf 0/level | sha256sum begins with c7011cd9 ba3a3d75.
    expect(streamKey(0, 'level').map((word) => word.toString(16).padStart(8, '0'))).toEqual(['d91c01c7', '753d3aba']);
  });

  it('differs for every stream and seed', () => {
    const keys = [0, 1, 2, 2 ** 53 - 1].flatMap((seed) => streams.map((stream) => streamKey(seed, stream).join()));
    expect(new Set(keys).size).toBe(keys.length);
  });

  it.each([-1, 0.5, 2 ** 53, NaN])('refuses seed %d', (seed) => {
    expect(() => streamKey(seed, 'noise')).toThrow(
      `seed: got ${seed}, expected an integer from 0 to 2^53 - 1. Choose another seed.`,
    );
  });
});

describe('streamOfDraw', () => {
  it('keeps the plain name for the first draw and gives every further one a stream of its own', () => {
    const names = [0, 1, 2].map((draw) => streamOfDraw('sample-latent', draw));
    expect(names).toEqual(['sample-latent', 'sample-latent-1', 'sample-latent-2']);
    expect(new Set(names.map((name) => streamKey(3, name).join())).size).toBe(3);
    expect(names.every(isStream)).toBe(true);
    expect(['sample-latent-0', 'sample-latent-01', 'noise-1', 'sample', 7].map(isStream)).toEqual(Array(5).fill(false));
  });
});

describe('HostRandom', () => {
  const draw = (seed: number, step: number, count = 8) => {
    const random = new HostRandom(seed, 'level', step);
    return Array.from({ length: count }, () => random.uint32());
  };

  it('draws the same for the same name, whatever was drawn before', () => {
    expect(draw(1, 5)).toEqual(draw(1, 5));
    expect(draw(1, 5, 3)).toEqual(draw(1, 5).slice(0, 3));
    expect(draw(1, 6)).not.toEqual(draw(1, 5));
    expect(draw(2, 5)).not.toEqual(draw(1, 5));
  });

  it('puts the block in the low words of the counter and the step in the high ones', () => {
    const words = new Uint32Array(4);
    philox4x32(streamKey(1, 'level'), 1, 0, 5, 0, words);
    expect(draw(1, 5).slice(4)).toEqual([...words]);
    philox4x32(streamKey(1, 'level'), 0, 0, 7, 3, words);
    expect(draw(1, 3 * 2 ** 32 + 7, 4)).toEqual([...words]);
  });

  it('makes a uniform number of the upper 27 and 26 bits of two words', () => {
    const [high, low] = draw(9, 0, 2) as [number, number];
    expect(new HostRandom(9, 'level', 0).uniform()).toBe(((high >>> 5) * 2 ** 26 + (low >>> 6)) / 2 ** 53);
  });

  it('stays in range, and its uniform numbers have the mean and variance of one', () => {
    const random = new HostRandom(3, 'noise', 0);
    const values = Array.from({ length: 20_000 }, () => random.uniform());
    expect(values.every((value) => value >= 0 && value < 1)).toBe(true);
    const [mean, variance] = moments(values);
    // Five standard errors; the seed is fixed.
    expect(Math.abs(mean - 1 / 2)).toBeLessThan(5 * Math.sqrt(1 / 12 / 20_000));
    expect(Math.abs(variance - 1 / 12)).toBeLessThan(5 * Math.sqrt(1 / 180 / 20_000));
  });

  it('draws standard normal numbers', () => {
    const random = new HostRandom(3, 'noise', 1);
    const values = Array.from({ length: 20_000 }, () => random.normal());
    const [mean, variance] = moments(values);
    expect(Math.abs(mean)).toBeLessThan(5 / Math.sqrt(20_000));
    expect(Math.abs(variance - 1)).toBeLessThan(5 * Math.sqrt(2 / 20_000));
    expect(values.every(Number.isFinite)).toBe(true);
    // P(|z| > 2) = 0.0455.
    const beyond2 = values.filter((value) => Math.abs(value) > 2).length / 20_000;
    expect(Math.abs(beyond2 - 0.0455)).toBeLessThan(0.0075);
  });

  it('draws whole numbers below a bound without favour, also where the bound does not divide 2^32', () => {
    const random = new HostRandom(4, 'noise', 0);
    const counts = new Array<number>(6).fill(0);
    for (let n = 0; n < 12_000; n++) counts[random.below(6)]! += 1;
    // 99.99 % point of chi squared with 5 degrees of freedom.
    expect(counts.reduce((sum, count) => sum + (count - 2_000) ** 2 / 2_000, 0)).toBeLessThan(25.7);
    expect(new HostRandom(4, 'noise', 0).below(1)).toBe(0);
    expect(new HostRandom(4, 'noise', 0).below(2 ** 32)).toBe(draw4('noise'));
  });

  it('permutes', () => {
    const order = new HostRandom(0, 'data-order', 0).permutation(1_000);
    expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 1_000 }, (_, i) => i));
    expect([...order].filter((value, i) => value === i).length).toBeLessThan(10);
    expect([...new HostRandom(0, 'data-order', 0).permutation(0)]).toEqual([]);
  });
});

function draw4(stream: 'noise'): number {
  return new HostRandom(4, stream, 0).uint32();
}

function moments(values: readonly number[]): [mean: number, variance: number] {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return [mean, values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length];
}
