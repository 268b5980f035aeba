/** @file Names of metrics: what they promise, and which names are none. */
import { describe, expect, it } from 'vitest';
import { familiesOf, metricName, metrics, parseMetric, type MetricFamily } from '../../harness/score/metric.ts';
import { faultsWith } from '../compiled-with.ts';

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

describe('parseMetric', () => {
  it('reads family, direction and number of images from the name', () => {
    expect(parseMetric('fid50k')).toMatchObject({ family: 'fid', title: 'FID 50k', better: 'lower', images: 50_000 });
    expect(parseMetric('fid@128')).toMatchObject({ title: 'FID 128', better: 'lower', images: 128 });
    expect(parseMetric('is50k')).toMatchObject({ title: 'Inception Score 50k', better: 'higher' });
    expect(parseMetric('fd-shapes')).toMatchObject({ family: 'fd-shapes', better: 'lower', images: null });
  });

  it('refuses fid without its number of images', () => {
    expect(() => parseMetric('fid')).toThrow(
      'metric: got "fid", expected the name of a metric, with its number of images where it depends on it. Did you mean "fid50k"',
    );
  });

  it('suggests the nearest name', () => {
    expect(() => parseMetric('fd-shape')).toThrow('Did you mean "fd-shapes"');
    expect(() => parseMetric('toString')).toThrow('metric: got "toString"');
  });

  it('reads every name that metricName gives', () => {
    for (const family of Object.keys(metrics) as MetricFamily[])
      for (const images of [128, 10_000, 50_000, 50_001]) {
        const id = metricName(family, images);
        expect(parseMetric(id)).toMatchObject({ id, family, images: metrics[family].counted ? images : null });
      }
  });

  it.each(['fid128', 'fid@', 'fid@0', 'fid0k', 'fd-shapes@5', 'fid50k2'])('refuses %s', (name) => {
    expect(() => parseMetric(name)).toThrow(`metric: got "${name}"`);
  });
});

it('familiesOf begins with the family that training is followed by', () => {
  expect(familiesOf('inception')[0]).toBe('fid');
  expect(familiesOf('shapes-classifier')).toEqual(['fd-shapes']);
});

describe('a family that is added to the table', () => {
  const added = {
    'harness/score/metric.ts': (text: string) =>
      text.replace(
        'export const metrics = {',
        `$&
  'fd-other': {
    title: 'FD', better: 'lower', counted: true, reference: 'statistics', features: 'inception', judged: true, about: 'of an experiment',
  },`,
      ),
  };

  it('does not compile without its measurement', () => {
    expect(faultsWith(added, ['harness/metrics/measurement.ts'])).toEqual([
      expect.stringContaining(`harness/metrics/measurement.ts: Property '"fd-other"' is missing in type`),
    ]);
  });

  it('compiles with it, and needs nothing else', () => {
    const measured = {
      ...added,
      'harness/metrics/measurement.ts': (text: string) =>
        text.replace('  fid: poolDistance,', "$&\n  'fd-other': poolDistance,"),
    };
    const readers = ['metrics/image-scorer', 'results/schema', 'judge/evidence', 'report/report', 'evaluate/open'];
    expect(faultsWith(measured, ['recipes/papers/claims.ts', ...readers.map((name) => `harness/${name}.ts`)])).toEqual(
      [],
    );
  });
});
