/** @file Names of metrics: what they promise, and which names are none. */
import { describe, expect, it } from 'vitest';
import { metricName } from '../../harness/metrics/identity.ts';
import { metricKind } from '../../harness/results/metric-kind.ts';

describe('metricKind', () => {
  it('reads family, direction and number of images from the name', () => {
    expect(metricKind('fid50k')).toMatchObject({ title: 'FID 50k', better: 'lower', images: 50_000 });
    expect(metricKind('fid@128')).toMatchObject({ title: 'FID 128', better: 'lower', images: 128 });
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

it('reads every name that the metrics give', () => {
  const families = ['fid', 'sfid', 'kid', 'is', 'is-openai', 'precision', 'recall', 'density', 'coverage'] as const;
  for (const family of families)
    for (const images of [128, 10_000, 50_000, 50_001])
      expect(metricKind(metricName(family, images))).toMatchObject({ id: metricName(family, images), images });
  for (const family of ['fd-infinity', 'fd-shapes'] as const)
    expect(metricKind(metricName(family, 128))).toMatchObject({ images: null });
});

it.each(['fid128', 'fid@', 'fid@0', 'fid0k', 'fd-shapes@5', 'fid50k2'])('refuses %s', (name) => {
  expect(() => metricKind(name)).toThrow(`metric: got "${name}"`);
});
