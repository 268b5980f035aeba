/** @file Bencher Metric Format of a night: units, bounds by closed form, and rows that have no value. */
import { describe, expect, it } from 'vitest';
import { bencherJson } from '../../../harness/nightly/output/bencher.ts';
import type { Night } from '../../../harness/nightly/night.ts';
import { fabricatedNight, fabricatedVerdict } from '../fabricated-night.ts';

type Benchmarks = Record<string, Record<string, Record<string, number>>>;
const written = (night: Night): Benchmarks => JSON.parse(bencherJson(night, fabricatedVerdict)) as Benchmarks;

describe('the Bencher Metric Format of a night', () => {
  it('has the shape that its documentation gives: benchmark, measure, value with bounds around it', () => {
    for (const measures of Object.values(written(fabricatedNight))) {
      expect(Object.keys(measures).length).toBeGreaterThan(0);
      for (const [name, metric] of Object.entries(measures)) {
        expect(name.length).toBeLessThanOrEqual(64);
        expect(['value', 'lower_value', 'upper_value']).toEqual(expect.arrayContaining(Object.keys(metric)));
        expect(metric.lower_value ?? metric.value).toBeLessThanOrEqual(metric.value!);
        expect(metric.upper_value ?? metric.value).toBeGreaterThanOrEqual(metric.value!);
      }
    }
  });

  it('gives milliseconds as nanoseconds: the median between the quartiles of tonight, and the ratio with its interval', () => {
    const stages = [[4, 1, 3, 2, 5].map((tonight) => ({ tonight, earlier: 1, first: 'tonight' as const }))];
    const night = { ...fabricatedNight, deliveries: { 'step-small': { kind: 'paired' as const, stages } } };
    expect(written(night)).toEqual({
      'step-small': {
        latency: { value: 3e6, lower_value: 2e6, upper_value: 4e6 },
        ratio: { value: 1.051, lower_value: 1 + (0.051 - 0.006), upper_value: 1 + (0.051 + 0.006) },
      },
    });
  });

  it('gives counts, numbers of exact rows and scores of seeds', () => {
    const all = written(fabricatedNight);
    expect(all['step-copies']).toEqual({ bytes: { value: 786_432 } });
    expect(all['ct-hashes']).toEqual({ loss: { value: 0.731 } });
    // Mean of 348.2, 361.9 and 344.0.
    expect(all['twin-fd']!['fd-shapes']!.value).toBeCloseTo(351.366_666_666_7, 9);
    expect(all['twin-fd']!['fd-shapes']).toMatchObject({ lower_value: 344, upper_value: 361.9 });
  });

  it('leaves out what has no value: missing rows, rows left out, vanished ones', () => {
    const all = written(fabricatedNight);
    expect(Object.keys(all)).not.toEqual(expect.arrayContaining(['step-memory']));
    for (const id of ['step-memory', 'step-gpu', 'data']) expect(all).not.toHaveProperty(id);
  });
});
