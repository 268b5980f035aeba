/** @file Bounds within which tools that compute the same quantity must agree, and the comparison. */
import { requireAlike } from '../agreement.ts';
import type { ComparedMetric, InputWay } from '../../results/benchmark/score-benchmark.ts';

/**
 * Measured with random weights, this harness beside the tools: features 3e-5 of a row's length; distances 2e-5 where covariances have lost rank (matrix
 * roots and eigenvalues of a singular product are not exact), 5e-9 of the same rows where they have not; KID 8e-6 (float64 beside float32). Another way to
 * 299 pixels alone moved the distance by 2e-2.
 */
export const bounds = {
  /** Length of the difference of two rows, of the row's length. */
  features: 2e-4,
  /** Of the value. */
  frechet: 1e-3,
  kid: 1e-3,
  /** Distances in float32 decide some comparisons near a radius otherwise: this share of the images, and two of them at the least. */
  precision: 2e-3,
  recall: 2e-3,
} as const;
const fewestImages = 2;

export interface SaidFeatures {
  readonly name: string;
  readonly rows: readonly (readonly number[])[];
}

/**
 * All tools hold one network: rows of images that need no resizing are alike.
 * @throws ResultError naming who has other rows
 */
export function requireSameFeatures(said: readonly SaidFeatures[]): void {
  if (said.length < 2) return;
  // Not the first, which may be the one that is wrong.
  const base = middleOf(said);
  requireAlike(
    said.map(({ name, rows }) => ({ name, value: farthestRow(rows, base.rows) })),
    {
      where: 'features of images that need no resizing, as a relative difference',
      relative: 0,
      absolute: bounds.features,
      remedy:
        'Nothing was timed: the tools do not hold the same network. Find the difference, or leave the subject out with --only',
    },
  );
}

/** Whose rows are nearest to everyone's. */
function middleOf(said: readonly SaidFeatures[]): SaidFeatures {
  const sums = said.map(({ rows }) => said.reduce((sum, other) => sum + farthestRow(rows, other.rows), 0));
  return said[Math.max(0, sums.indexOf(Math.min(...sums)))]!;
}

/** The largest difference of a pair of rows, relative; infinite where the rows are not as many or as long. */
export function farthestRow(rows: SaidFeatures['rows'], base: SaidFeatures['rows']): number {
  if (rows.length !== base.length) return Infinity;
  const differences = rows.map((row, i) => {
    const other = base[i]!;
    if (row.length !== other.length) return Infinity;
    return Math.hypot(...row.map((value, j) => value - other[j]!)) / Math.hypot(...other);
  });
  return Math.max(...differences);
}

export interface SaidValues {
  readonly name: string;
  readonly way: InputWay;
  readonly values: Readonly<Partial<Record<ComparedMetric, number>>>;
}

/**
 * Among those with one way to 299 pixels each value is the same quantity.
 * @param images of each set
 * @throws ResultError naming the value and who disagrees
 */
export function requireSameValues(said: readonly SaidValues[], images: number, remedy: string): void {
  for (const way of new Set(said.map((one) => one.way))) {
    const alike = said.filter((one) => one.way === way);
    for (const metric of new Set(alike.flatMap(({ values }) => Object.keys(values) as ComparedMetric[]))) {
      const having = alike.filter(({ values }) => values[metric] !== undefined);
      const isShare = metric === 'precision' || metric === 'recall';
      requireAlike(
        having.map(({ name, values }) => ({ name, value: values[metric] })),
        {
          where: `${metric} of ${images} images (${way})`,
          relative: isShare ? 0 : bounds[metric],
          ...(isShare ? { absolute: Math.max(bounds[metric], fewestImages / images) } : {}),
          remedy,
        },
      );
    }
  }
}
