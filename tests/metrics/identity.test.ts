/** @file Names and comparability of metric values. */
import { describe, expect, it } from 'vitest';
import {
  columnName,
  fewSamplesWarning,
  incomparable,
  metricName,
  type MetricIdentity,
} from '../../harness/metrics/identity.ts';

const identity: MetricIdentity = {
  extractor: 'inception-2015',
  extractorSha256: 'a'.repeat(64),
  resize: 'legacy-bilinear-299',
  dtype: 'float32',
  reference: 'cifar10-train',
  referenceSha256: 'b'.repeat(64),
  referenceImages: 50_000,
  samples: 50_000,
  quantisation: 'truncate',
  nfe: 1,
  batchImages: 64,
  device: 'cpu',
  algebra: 'engine',
};

describe('metricName', () => {
  it('never gives two numbers of samples one name', () => {
    const names = [50_000, 10_000, 5_000, 2_500, 500, 50, 50_001].map((samples) => metricName('fid', samples));
    expect(names).toEqual(['fid50k', 'fid10k', 'fid5k', 'fid@2500', 'fid@500', 'fid@50', 'fid@50001']);
    expect(metricName('fid', 0)).toBe('fid@0');
  });

  it('leaves the count out where the metric extrapolates it away or keeps it in its identity', () => {
    expect(metricName('fd-infinity', 50_000)).toBe('fd-infinity');
    expect(metricName('fd-shapes', 2_000)).toBe('fd-shapes');
  });
});

describe('columnName', () => {
  it('holds the network evaluations, unless they are unknown', () => {
    expect(columnName('fid', identity)).toBe('fid50k/nfe1');
    expect(columnName('fid', { samples: 10_000, nfe: 2 })).toBe('fid10k/nfe2');
    expect(columnName('fid', { samples: 50_000, nfe: null })).toBe('fid50k');
  });
});

describe('incomparable', () => {
  it('names what alters the quantity, and nothing else', () => {
    expect(incomparable(identity, { ...identity, device: 'gpu', batchImages: 8, algebra: 'typescript' })).toEqual([]);
    expect(incomparable(identity, { ...identity, samples: 10_000, nfe: null })).toEqual([
      'samples 50000 against 10000',
      'nfe 1 against unknown',
    ]);
    expect(incomparable(identity, { ...identity, resize: 'none' })).toEqual([
      'resize legacy-bilinear-299 against none',
    ]);
  });
});

describe('fewSamplesWarning', () => {
  it('stands beside every value of fewer samples than published', () => {
    expect(fewSamplesWarning('fid', 49_999)).toEqual({
      kind: 'few-samples',
      metric: 'fid@49999',
      samples: 49_999,
      wanted: 50_000,
    });
    expect(fewSamplesWarning('fid', 50_000)).toBeUndefined();
    expect(fewSamplesWarning('fd-infinity', 5_000)).toBeUndefined();
  });
});
