/** @file Writes a night in the Bencher Metric Format, rows as benchmarks. */
import { meanOf } from '../../judge/statistics.ts';
import type { Delivery, Night, Pair } from '../night.ts';
import type { NightlyRow } from '../row.ts';
import type { NightVerdict } from '../verdict.ts';
import { quantile } from './quantile.ts';

interface Metric {
  readonly value: number;
  readonly lower_value?: number;
  readonly upper_value?: number;
}
type Measures = Readonly<Record<string, Metric>>;

/**
 * `{ row: { measure: { value, lower_value, upper_value } } }`.
 *
 * speed: `latency`, in nanoseconds as Bencher's own measure: median of tonight's rounds between their quartiles; memory: `memory`, in bytes, the same;
 * both, where paired: `ratio`, tonight over the earlier build with its interval. quality: mean between the smallest and the largest seed.
 * Counts: the number. Exact rows: the numbers beside the hash, which has no place in the format. Rows without a value are left out.
 * Source: https://bencher.dev/docs/reference/bencher-metric-format
 */
export function bencherJson(night: Night, verdict: NightVerdict): string {
  const benchmarks: Record<string, Measures> = {};
  for (const row of night.plan.rows) {
    const delivery = night.deliveries[row.id];
    if (!delivery) continue;
    const change = verdict.rows.find(({ id }) => id === row.id)?.change;
    const measures: Measures = {
      ...measuresOf(row, delivery),
      ...(change && {
        ratio: {
          value: 1 + change.estimate,
          lower_value: 1 + change.interval.low,
          upper_value: 1 + change.interval.high,
        },
      }),
    };
    if (Object.keys(measures).length > 0) benchmarks[row.id] = measures;
  }
  return `${JSON.stringify(benchmarks, null, 2)}\n`;
}

function measuresOf(row: NightlyRow, delivery: Delivery): Measures {
  switch (delivery.kind) {
    case 'exact':
      return Object.fromEntries(
        Object.entries(delivery.tonight.numbers).map(([name, value]) => [measureName(name), { value }]),
      );
    case 'count':
      return { [measureName(row.unit)]: { value: delivery.tonight.value } };
    case 'quality': {
      const values = delivery.seeds.map(({ tonight }) => tonight);
      if (values.length === 0) return {};
      const bounds = { lower_value: Math.min(...values), upper_value: Math.max(...values) };
      return { [measureName(row.unit)]: { value: meanOf(values), ...bounds } };
    }
    case 'paired': {
      const rounds = delivery.stages.flat();
      if (rounds.length === 0) return {};
      return row.unit === 'ms' ? { latency: spread(rounds, 1e6) } : { memory: spread(rounds, 1) };
    }
    case 'missing':
    case 'left-out':
      return {};
  }
}

function spread(rounds: readonly Pair[], unit: number): Metric {
  const values = rounds.map(({ tonight }) => tonight * unit);
  return { value: quantile(values, 0.5), lower_value: quantile(values, 0.25), upper_value: quantile(values, 0.75) };
}

/** The name of a measure has at most 64 characters. */
function measureName(text: string): string {
  return text.slice(0, 64);
}
