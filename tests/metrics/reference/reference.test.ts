/** @file Reference files: ours with their provenance, those of other tools, and what is no reference. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readNpz, writeNpz } from '../../../harness/formats/npz.ts';
import { referenceDifference } from '../../../harness/metrics/reference/difference.ts';
import {
  readReference,
  writeReference,
  type ReferenceProvenance,
} from '../../../harness/metrics/reference/reference.ts';
import { typescriptAlgebra as algebra } from '../../../harness/metrics/linalg/typescript.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'reference-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const provenance: ReferenceProvenance = {
  schema: 'consistency-harness/reference@1',
  id: 'shapes-held-out',
  images: 5000,
  height: 16,
  width: 16,
  imagesSha256: 'a'.repeat(64),
  extractor: 'inception-2015',
  extractorSha256: 'b'.repeat(64),
  resize: 'legacy-bilinear-299',
  dtype: 'float32',
  batchImages: 64,
  device: 'cpu',
  algebra: 'engine',
  software: 'consistency-harness 0.1.0',
};
const pool = { n: 5000, mean: Float64Array.of(1, 2), covariance: Float64Array.of(2, 0.5, 0.5, 1) };
const spatial = { n: 5000, mean: Float64Array.of(3), covariance: Float64Array.of(4) };

function float64(shape: number[], ...data: number[]) {
  return { dtype: 'float64' as const, shape, data: Float64Array.from(data) };
}

describe('our own references', () => {
  it('come back as they were written, with the number of images behind them', async () => {
    const path = join(folder, 'ref.npz');
    writeReference(path, pool, spatial, provenance);
    expect(await readReference(path)).toMatchObject({ path, pool, spatial, images: null, provenance });
  });

  it('are read by tools that know mu and sigma only', () => {
    const path = join(folder, 'ref.npz');
    writeReference(path, pool, null, provenance);
    expect(readNpz(path, ['mu', 'sigma']).get('sigma')).toEqual(float64([2, 2], 2, 0.5, 0.5, 1));
  });

  it('are the same file for the same statistics', async () => {
    const [first, second] = [join(folder, 'a.npz'), join(folder, 'b.npz')];
    writeReference(first, pool, spatial, provenance);
    writeReference(second, pool, spatial, provenance);
    expect((await readReference(first)).sha256).toBe((await readReference(second)).sha256);
  });
});

describe('references of other tools', () => {
  it('have no count and no provenance', async () => {
    const path = join(folder, 'edm.npz');
    writeNpz(path, [
      ['mu', float64([2], 1, 2)],
      ['sigma', float64([2, 2], 2, 0.5, 0.5, 1)],
    ]);
    const reference = await readReference(path);
    expect(reference).toMatchObject({ spatial: null, images: null, provenance: null });
    expect(reference.pool.n).toBeUndefined();
  });

  it('may hold images, whose shape is told without reading them', async () => {
    const path = join(folder, 'openai.npz');
    writeNpz(path, [
      ['arr_0', { dtype: 'uint8', shape: [3, 2, 2, 3], data: new Uint8Array(36) }],
      ['mu', float64([1], 0)],
      ['sigma', float64([1, 1], 1)],
    ]);
    expect((await readReference(path)).images).toEqual([3, 2, 2, 3]);
  });
});

describe('refusals', () => {
  async function refused(arrays: Parameters<typeof writeNpz>[1], message: string): Promise<void> {
    const path = join(folder, 'bad.npz');
    writeNpz(path, arrays);
    await expect(readReference(path)).rejects.toThrow(message.replaceAll('PATH', path));
  }

  it('tell images from statistics', async () => {
    await refused(
      [['arr_0', { dtype: 'uint8', shape: [1, 1, 1, 3], data: new Uint8Array(3) }]],
      'PATH: got arrays arr_0: images and no statistics, expected arrays mu and sigma. Make statistics of them with `npm run metrics -- reference build PATH`.',
    );
  });

  it('name the array and the element', async () => {
    await refused(
      [
        ['mu', float64([2], 1, NaN)],
        ['sigma', float64([2, 2], 1, 0, 0, 1)],
      ],
      'PATH, array "mu": got NaN at element 1, expected finite numbers. Make the statistics again.',
    );
    await refused(
      [
        ['mu', float64([2], 1, 2)],
        ['sigma', float64([2, 2], 1, 0.5, 0, 1)],
      ],
      'PATH, array "sigma": got 0.5 at (0, 1) and 0 at (1, 0), expected a symmetric covariance. Make the statistics again.',
    );
    await refused(
      [
        ['mu', float64([1], 1)],
        ['sigma', float64([1, 1], 1)],
        ['mu_s', float64([1], 1)],
      ],
      'PATH: got no array "sigma_s" among mu, sigma, mu_s, expected an array "sigma_s". Did you mean "sigma".',
    );
  });

  it('do not take anything for our provenance', async () => {
    await refused(
      [
        ['mu', float64([1], 1)],
        ['sigma', float64([1, 1], 1)],
        ['provenance', { dtype: 'uint8', shape: [2], data: Uint8Array.of(0x7b, 0x7d) }],
      ],
      'PATH, array "provenance": got something else, expected the provenance that this project writes (consistency-harness/reference@1). Make the statistics again.',
    );
  });
});

describe('referenceDifference', () => {
  it('is nothing between a reference and itself', async () => {
    const path = join(folder, 'ref.npz');
    writeReference(path, pool, null, provenance);
    const reference = await readReference(path);
    const difference = referenceDifference(reference, reference, algebra);
    expect(difference).toMatchObject({ provenance: [], largestMeanShift: 0, shiftedConstants: 0, covarianceShare: 0 });
    expect(Math.abs(difference.distance.value)).toBeLessThan(1e-14);
  });

  it('names what differs in origin, and by how much in distance', async () => {
    const [first, second] = [join(folder, 'a.npz'), join(folder, 'b.npz')];
    const diagonal = { n: 5000, mean: Float64Array.of(0, 0), covariance: Float64Array.of(4, 0, 0, 9) };
    const moved = { n: 100, mean: Float64Array.of(1, 0), covariance: Float64Array.of(9, 0, 0, 9) };
    writeReference(first, diagonal, null, provenance);
    writeReference(second, moved, null, { ...provenance, images: 100, resize: 'none' });
    const difference = referenceDifference(await readReference(first), await readReference(second), algebra);
    expect(difference.provenance).toEqual(['images 5000 against 100', 'resize legacy-bilinear-299 against none']);
    expect(difference.largestMeanShift).toBe(0.5);
    expect(difference.covarianceShare).toBeCloseTo(5 / Math.sqrt(16 + 81), 14);
    // 1 + (2 - 3)^2
    expect(difference.distance.value).toBeCloseTo(2, 13);
  });
});
