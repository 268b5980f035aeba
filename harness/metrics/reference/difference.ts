/** @file Compares two reference files by origin, size and Fréchet distance. */
import { frechetDistance, type FrechetDistance } from '../values/frechet.ts';
import type { Algebra } from '../linalg/algebra.ts';
import type { ReferenceStatistics } from './reference.ts';

export interface ReferenceDifference {
  /** Each field of provenance that differs, as `images 50000 against 10000`; files of other tools have none to compare. */
  readonly provenance: readonly string[];
  /** Largest difference of a mean, as a share of that feature's standard deviation in the first file. */
  readonly largestMeanShift: number;
  /** Features that are constant in the first file and have another mean in the second. */
  readonly shiftedConstants: number;
  /** |S1 - S2| / |S1| in the Frobenius norm. */
  readonly covarianceShare: number;
  /** What a FID between the two would be; lost rank is clamped and counted. */
  readonly distance: FrechetDistance;
}

/** @throws DataError as `frechetDistance`: other numbers of features, or statistics that are no covariance */
export function referenceDifference(
  first: ReferenceStatistics,
  second: ReferenceStatistics,
  algebra: Algebra,
): ReferenceDifference {
  const distance = frechetDistance(first.pool, second.pool, algebra, 'clamp');
  const d = first.pool.mean.length;
  let largestMeanShift = 0;
  let shiftedConstants = 0;
  let differences = 0;
  let squares = 0;
  for (let i = 0; i < d; i++) {
    const shift = Math.abs(first.pool.mean[i]! - second.pool.mean[i]!);
    const deviation = Math.sqrt(first.pool.covariance[i * d + i]!);
    if (deviation > 0) largestMeanShift = Math.max(largestMeanShift, shift / deviation);
    else if (shift > 0) shiftedConstants += 1;
    for (let j = 0; j < d; j++) {
      const entry = first.pool.covariance[i * d + j]!;
      differences += (entry - second.pool.covariance[i * d + j]!) ** 2;
      squares += entry * entry;
    }
  }
  return {
    provenance: provenanceDifferences(first, second),
    largestMeanShift,
    shiftedConstants,
    covarianceShare: differences === 0 ? 0 : Math.sqrt(differences / squares),
    distance,
  };
}

function provenanceDifferences(
  { provenance: a }: ReferenceStatistics,
  { provenance: b }: ReferenceStatistics,
): string[] {
  if (!a || !b) return [];
  return (Object.keys(a) as (keyof typeof a)[])
    .filter((key) => a[key] !== b[key])
    .map((key) => `${key} ${a[key]} against ${b[key]}`);
}
