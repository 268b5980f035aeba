/**
 * @file Synthetic covariances for timing the Fréchet distance, with the spectrum of Inception features.
 *
 * Each of the two has eigenvectors of its own.
 */
import { HostRandom } from '../../core/random.ts';
import type { Gaussian } from '../../metrics/linalg/gaussian.ts';

/** Reflections applied to the diagonal: after these the matrix is dense and its eigenvectors mixed. */
const reflections = 16;

/** Eigenvalues i^-1 in random directions, zero mean. @param which 0 or 1: the two sides have different directions */
export function powerLawGaussian(d: number, which: number): Gaussian {
  const random = new HostRandom(0, 'bootstrap', which);
  const covariance = new Float64Array(d * d);
  for (let i = 0; i < d; i++) covariance[i * d + i] = 1 / (i + 1);
  for (let r = 0; r < reflections; r++) reflect(covariance, d, random);
  return { mean: new Float64Array(d), covariance };
}

/** S <- H S H with H = 1 - 2 v vᵀ / vᵀv, as the rank-two update S - v wᵀ - w vᵀ. */
function reflect(s: Float64Array, d: number, random: HostRandom): void {
  const v = Float64Array.from({ length: d }, () => random.normal());
  const scale = 2 / v.reduce((sum, value) => sum + value * value, 0);
  const w = new Float64Array(d);
  for (let i = 0; i < d; i++) {
    let sum = 0;
    for (let j = 0; j < d; j++) sum += s[i * d + j]! * v[j]!;
    w[i] = scale * sum;
  }
  const along = (scale / 2) * w.reduce((sum, value, i) => sum + value * v[i]!, 0);
  for (let i = 0; i < d; i++) w[i]! -= along * v[i]!;
  for (let i = 0; i < d; i++) {
    for (let j = 0; j <= i; j++) {
      const entry = s[i * d + j]! - v[i]! * w[j]! - w[i]! * v[j]!;
      s[i * d + j] = entry;
      s[j * d + i] = entry;
    }
  }
}
