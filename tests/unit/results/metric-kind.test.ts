/** @file Names of metrics: what they promise, and which names are none. */
import { describe, expect, it } from 'vitest';
import { countedMetric, metricKind } from '../../../harness/results/metric-kind.ts';

describe('metricKind', () => {
  it('reads family, direction and number of images from the name', () => {
    expect(metricKind('fid50k')).toMatchObject({ title: 'FID 50k', better: 'lower', images: 50_000 });
    expect(metricKind('fid128')).toMatchObject({ title: 'FID 128', better: 'lower', images: 128 });
    expect(metricKind('is50k')).toMatchObject({ title: 'Inception Score 50k', better: 'higher' });
    expect(metricKind('fd-shapes')).toMatchObject({ better: 'lower', images: null });
  });

  it('refuses fid without its number of images', () => {
    expect(() => metricKind('fid')).toThrow(
      'metric: got "fid", expected the name of a metric, with its number of images where it depends on it. Did you mean "fid50k"',
    );
  });

  it('suggests the nearest name', () => {
    expect(() => metricKind('fd-shape')).toThrow('Did you mean "fd-shapes"');
    expect(() => metricKind('toString')).toThrow('metric: got "toString"');
  });
});

it('countedMetric names a metric by its number of images', () => {
  expect([countedMetric('fid', 50_000), countedMetric('fid', 10_000), countedMetric('recall', 128)]).toEqual([
    'fid50k',
    'fid10k',
    'recall128',
  ]);
});
