/** @file One pass over images, and every metric of it with its identity. */
import { describe, expect, it } from 'vitest';
import { sha256 } from '../../../harness/core/hash.ts';
import { memoryRows } from '../../../harness/metrics/features/rows.ts';
import { collectFeatures, type FeatureSet } from '../../../harness/metrics/features/set.ts';
import { frechetDistance } from '../../../harness/metrics/values/frechet.ts';
import { memoryImages } from '../../../harness/metrics/features/images.ts';
import { torchFidelityKid } from '../../../harness/metrics/values/kid.ts';
import { typescriptAlgebra as algebra } from '../../../harness/metrics/linalg/typescript.ts';
import { measure, type MeasureOptions, type MeasuringReference } from '../../../harness/metrics/measurement.ts';
import { momentsOf } from '../../../harness/metrics/linalg/moments.ts';
import { familiesOf, parseMetric } from '../../../harness/score/metric.ts';
import { meanColour } from '../mean-colour.ts';

const [height, width] = [4, 4];

function noise(count: number, seed: number): Uint8Array {
  let state = seed;
  return Uint8Array.from({ length: count * height * width * 3 }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  });
}

function collect(count: number, seed: number, batchImages = 7): Promise<FeatureSet> {
  const images = memoryImages(`noise ${seed}`, noise(count, seed), height, width);
  return collectFeatures(images, meanColour(batchImages), { algebra, keepRows: true });
}

describe('collectFeatures', () => {
  it('sees every image once, whatever the batch', async () => {
    const [small, large] = [await collect(30, 1, 4), await collect(30, 1, 30)];
    expect(small.count).toBe(30);
    expect(small.imagesSha256).toBe(sha256(noise(30, 1)));
    expect(small.pool()).toEqual(large.pool());
    expect(small.spatial!()).toEqual(large.spatial!());
    expect(small.rows!.range(0, 30)).toEqual(large.rows!.range(0, 30));
    expect(small.logits!.range(0, 30)).toEqual(large.logits!.range(0, 30));
    expect(momentsOf(small.rows!, algebra)).toEqual(small.pool());
    small.close();
    large.close();
  });

  it('stops at the limit and tells how far it is', async () => {
    const told: number[] = [];
    const set = await collectFeatures(memoryImages('noise', noise(30, 1), height, width), meanColour(8), {
      algebra,
      keepRows: false,
      limit: 20,
      onImages: (done) => told.push(done),
    });
    expect(set.count).toBe(20);
    expect(told).toEqual([8, 16, 20]);
    expect(set.rows).toBeNull();
    expect(set.imagesSha256).toBe(sha256(noise(30, 1).subarray(0, 20 * 48)));
    set.close();
  });

  it('stops at the first feature that is not finite, and names its image', async () => {
    const images = memoryImages('noise', noise(30, 1), height, width);
    await expect(collectFeatures(images, meanColour(8, 21), { algebra, keepRows: true })).rejects.toThrow(
      'features: got NaN in row 21, column 0, expected finite numbers.',
    );
  });
});

const families = familiesOf('inception');
const options: MeasureOptions = {
  algebra,
  device: 'cpu',
  whenSingular: 'refuse',
  kid: { ...torchFidelityKid, subsets: 10, subsetSize: 100 },
  seed: 0,
};

function against(set: FeatureSet, rows = false): MeasuringReference {
  return {
    id: 'noise',
    sha256: 'd'.repeat(64),
    count: set.count,
    pool: set.pool(),
    spatial: set.spatial!(),
    rows: rows ? { id: 'images', sha256: 'e'.repeat(64), features: set.rows! } : null,
  };
}

describe('measure', () => {
  it('gives every metric its name and the identity of all that went in', async () => {
    const [real, generated] = [await collect(240, 2), await collect(220, 3)];
    const { scores, warnings } = measure(generated, against(real, true), families, options);
    expect(warnings).toEqual([]);
    expect(scores.map(({ metric }) => metric)).toEqual([
      'fid@220',
      'sfid@220',
      'is@220',
      'is-openai@220',
      'kid@220',
      'precision@220',
      'recall@220',
      'density@220',
      'coverage@220',
      'fd-infinity',
    ]);
    const [fid] = scores;
    expect(fid.value).toBe(frechetDistance(generated.pool(), real.pool(), algebra).value);
    expect(fid.identity).toEqual({
      extractor: 'mean-colour',
      extractorSha256: 'c'.repeat(64),
      resize: 'none',
      dtype: 'float32',
      reference: 'noise',
      referenceSha256: 'd'.repeat(64),
      referenceImages: 240,
      samples: 220,
      batchImages: 7,
      device: 'cpu',
    });
    expect(scores.find(({ metric }) => metric === 'is@220')!.identity).toMatchObject({
      reference: null,
      referenceSha256: null,
      referenceImages: null,
    });
    expect(scores.find(({ metric }) => metric === 'kid@220')!.details).toEqual({ subsets: 10, subsetSize: 100 });
    real.close();
    generated.close();
  });

  it('says what it could not measure, and why', async () => {
    const [real, generated] = [await collect(40, 4), await collect(30, 5)];
    const { scores, warnings } = measure(generated, { ...against(real), spatial: null }, families, options);
    expect(scores.map(({ metric }) => metric)).toEqual(['fid@30', 'is@30', 'is-openai@30']);
    const reasons = Object.fromEntries(
      warnings.map((warning) => (warning.kind === 'metric-missing' ? [warning.metric, warning.why] : [])),
    ) as Record<string, string>;
    expect(reasons['sfid@30']).toBe('noise holds no mu_s and sigma_s.');
    expect(reasons['coverage@30']).toBe('noise holds no reference images (arr_0).');
    expect(reasons['fd-infinity']).toMatch(/^Fréchet distance, first set: got 3 samples of 4 features/);
    real.close();
    generated.close();
  });

  it('refuses a FID of too few images, unless clamping is asked for, and then says so', async () => {
    const [real, generated] = [await collect(40, 6), await collect(4, 7)];
    expect(() => measure(generated, against(real), families, options)).toThrow(
      'Fréchet distance, first set: got 4 samples of 4 features',
    );
    const { warnings } = measure(generated, against(real), families, { ...options, whenSingular: 'clamp' });
    expect(warnings).toContainEqual({ kind: 'clamped-eigenvalues', metric: 'fid@4', clamped: 1 });
    real.close();
    generated.close();
  });

  it('measures the same by precision and recall as the function itself', async () => {
    const set = await collect(200, 8);
    const { scores } = measure(set, against(set, true), families, options);
    const values = Object.fromEntries(scores.map(({ metric, value }) => [parseMetric(metric).family, value]));
    expect(values).toMatchObject({ precision: 1, recall: 1, coverage: 1 });
    expect(Math.abs(values.fid!)).toBeLessThan(1e-9);
    expect(memoryRows(set.rows!.range(0, 10), 4).n).toBe(10);
    set.close();
  });
});
