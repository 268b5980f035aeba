/** @file k-nearest-neighbour precision and recall, density and coverage, under both conventions for ties. */
import { DataError, described } from '../../core/errors.ts';
import { requireSameWidth, type FeatureRows } from '../features/rows.ts';
import type { Algebra } from '../linalg/algebra.ts';

interface PrecisionRecall {
  /** Share of generated rows inside at least one real ball. */
  readonly precision: number;
  /** Share of real rows inside at least one generated ball. */
  readonly recall: number;
  /** Number of real balls a generated row lies in, on average, divided by k. */
  readonly density: number;
  /** Share of real rows whose own ball holds at least one generated row. */
  readonly coverage: number;
}

export interface NeighbourMetrics {
  readonly k: number;
  /** A row at exactly the radius is inside (`<=`): OpenAI's evaluator, torch-fidelity. */
  readonly nonStrict: PrecisionRecall;
  /** It is outside (`<`): prdc. */
  readonly strict: PrecisionRecall;
  /** Squared distance to the k-th nearest other row of the same set, float64[n]. */
  readonly radiiRealSquared: Float64Array;
  readonly radiiGeneratedSquared: Float64Array;
}

/**
 * Balls around every row reach to its k-th nearest other row of the same set; one pass over the pairs serves every k.
 * Squared distances are |x|^2 + |y|^2 - 2 x·y in float64; two that differ by no more than the rounding of that form are ties, so that
 * repeated rows and shared distances are decided by the convention and not by the order of a sum.
 * Source: Kynkäänniemi et al., "Improved precision and recall metric", 2019, eq. 1-2; Naeem et al., "Reliable fidelity and diversity
 *   metrics", 2020, eq. 3-4; prdc 0.2 for density and coverage.
 * Deviation: OpenAI's evaluator measures distances in float16 first, which flips comparisons near a radius.
 * @param ks numbers of neighbours: 3 in all published precision and recall, 5 for density and coverage in prdc
 * @returns one entry per k, in their order
 * @throws DataError when a set has no k-th neighbour, or the sets have different widths
 */
export function neighbourMetrics(
  real: FeatureRows,
  generated: FeatureRows,
  ks: readonly number[],
  algebra: Algebra,
): NeighbourMetrics[] {
  requireSameWidth('precision and recall', real, generated);
  requireNeighbours(real, ks, 'real');
  requireNeighbours(generated, ks, 'generated');
  const realSet = withNorms(real);
  const generatedSet = withNorms(generated);
  const realRadii = radiiSquared(realSet, ks, algebra);
  const generatedRadii = radiiSquared(generatedSet, ks, algebra);
  const loose = ks.map(() => new Tally(real.n, generated.n));
  const tight = ks.map(() => new Tally(real.n, generated.n));
  forEachPair(generatedSet, realSet, algebra, (g, r, squared, tolerance) => {
    for (let at = 0; at < ks.length; at++) {
      const toReal = squared - realRadii[at]![r]!;
      const toGenerated = squared - generatedRadii[at]![g]!;
      loose[at]!.count(g, r, toReal <= tolerance, toGenerated <= tolerance);
      tight[at]!.count(g, r, toReal < -tolerance, toGenerated < -tolerance);
    }
  });
  return ks.map((k, at) => ({
    k,
    nonStrict: loose[at]!.result(k),
    strict: tight[at]!.result(k),
    radiiRealSquared: realRadii[at]!,
    radiiGeneratedSquared: generatedRadii[at]!,
  }));
}

/** What has been seen of the pairs under one convention. */
class Tally {
  private readonly generatedInside: Uint8Array;
  private readonly realInside: Uint8Array;
  private readonly covered: Uint8Array;
  private memberships = 0;

  constructor(real: number, generated: number) {
    this.generatedInside = new Uint8Array(generated);
    this.realInside = new Uint8Array(real);
    this.covered = new Uint8Array(real);
  }

  count(g: number, r: number, insideReal: boolean, insideGenerated: boolean): void {
    if (insideReal) {
      this.generatedInside[g] = 1;
      this.covered[r] = 1;
      this.memberships += 1;
    }
    if (insideGenerated) this.realInside[r] = 1;
  }

  result(k: number): PrecisionRecall {
    return {
      precision: share(this.generatedInside),
      recall: share(this.realInside),
      density: this.memberships / (k * this.generatedInside.length),
      coverage: share(this.covered),
    };
  }
}

function share(flags: Uint8Array): number {
  let set = 0;
  for (const flag of flags) set += flag;
  return set / flags.length;
}

interface NormedRows {
  readonly rows: FeatureRows;
  /** |x|^2 of every row. */
  readonly norms: Float64Array;
}

function withNorms(rows: FeatureRows): NormedRows {
  const norms = new Float64Array(rows.n);
  for (let first = 0; first < rows.n; first += tileRows) {
    const tile = rows.range(first, Math.min(rows.n, first + tileRows));
    for (let i = 0; i < tile.length; i++) norms[first + Math.floor(i / rows.d)]! += tile[i]! ** 2;
  }
  return { rows, norms };
}

/** Squared distance of every row to its k-th nearest other row, for each k. */
function radiiSquared(set: NormedRows, ks: readonly number[], algebra: Algebra): Float64Array[] {
  const { n } = set.rows;
  const kept = Math.max(...ks);
  // Per row the smallest so far, ascending.
  const nearest = new Float64Array(n * kept).fill(Infinity);
  forEachPair(set, set, algebra, (i, j, squared) => {
    const last = (i + 1) * kept - 1;
    if (i === j || squared >= nearest[last]!) return;
    let at = last;
    while (at > i * kept && nearest[at - 1]! > squared) {
      nearest[at] = nearest[at - 1]!;
      at -= 1;
    }
    nearest[at] = squared;
  });
  return ks.map((k) => Float64Array.from({ length: n }, (_, i) => nearest[i * kept + k - 1]!));
}

/** Rows per tile of the distance matrix: no more than 1024 x 1024 of it exist at a time. */
const tileRows = 1024;

/** Rounding of the distance form relative to |x|^2 + |y|^2: a few hundred times that of one float64 operation. */
const roundingShare = 1e-13;

function forEachPair(
  a: NormedRows,
  b: NormedRows,
  algebra: Algebra,
  visit: (i: number, j: number, squared: number, tolerance: number) => void,
): void {
  const { d } = a.rows;
  for (let top = 0; top < a.rows.n; top += tileRows) {
    const rows = a.rows.range(top, Math.min(a.rows.n, top + tileRows));
    const height = rows.length / d;
    for (let left = 0; left < b.rows.n; left += tileRows) {
      const columns = b.rows.range(left, Math.min(b.rows.n, left + tileRows));
      const width = columns.length / d;
      const products = algebra.timesTransposed(rows, columns, height, width, d);
      for (let i = 0; i < height; i++) {
        for (let j = 0; j < width; j++) {
          const norms = a.norms[top + i]! + b.norms[left + j]!;
          const tolerance = roundingShare * norms;
          const squared = norms - 2 * products[i * width + j]!;
          visit(top + i, left + j, squared <= tolerance ? 0 : squared, tolerance);
        }
      }
    }
  }
}

function requireNeighbours(rows: FeatureRows, ks: readonly number[], which: string): void {
  for (const k of ks) {
    if (Number.isSafeInteger(k) && k >= 1 && rows.n > k) continue;
    throw new DataError({
      where: 'precision and recall',
      got: described(`${rows.n} ${which} rows and k = ${k}`),
      expected: 'more rows than k, so that every row has a k-th neighbour, and k of at least 1',
      remedy: 'Give more samples or a smaller k',
    });
  }
}
