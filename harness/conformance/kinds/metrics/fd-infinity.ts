/** @file Kind `fd-infinity`: Fréchet distances of subsets and their extrapolation, or the regression alone. */
import { toFloat64 } from '../../../formats/safetensors.ts';
import { fdInfinity, fitInverseSize, type Extrapolation } from '../../../metrics/values/fd-infinity.ts';
import { momentsOf } from '../../../metrics/linalg/moments.ts';
import { typescriptAlgebra } from '../../../metrics/linalg/typescript.ts';
import { MalformedCaseError, tensorOf, type ConformanceCase } from '../../case.ts';
import type { Produced, ProducedValue } from '../../judge/judge-values.ts';
import { tensorRows } from '../../judge/tensor-rows.ts';
import type { MetricKind } from '../kind.ts';

export const kind: MetricKind = { needsEngine: false, produce: measure };

function measure(reference: ConformanceCase): Produced {
  if (reference.config.input === 'fd_values') {
    const distances = toFloat64(tensorOf(reference, 'fd_at_n'));
    return { values: named(fitInverseSize(numbers(reference, 'N'), distances)) };
  }
  const real = momentsOf(tensorRows(reference, 'features_real'), typescriptAlgebra);
  const generated = tensorRows(reference, 'features_generated');
  const fit = fdInfinity(real, generated, subsetsOf(reference), typescriptAlgebra, 'clamp');
  const values = { ...named(fit), fd_at_n: fit.distances };
  return fit.clampedCount > 0 ? { values, flag: `${fit.clampedCount} eigenvalues clamped` } : { values };
}

function named({ value, slope, residualSumOfSquares, rSquared }: Extrapolation): Record<string, ProducedValue> {
  return { fd_infinity: value, slope, residual_sum_of_squares: residualSumOfSquares, r_squared: rSquared };
}

function subsetsOf(reference: ConformanceCase): Float64Array[] {
  const indices = toFloat64(tensorOf(reference, 'subset_indices'));
  let offset = 0;
  return numbers(reference, 'subset_sizes').map((size) => indices.subarray(offset, (offset += size)));
}

function numbers(reference: ConformanceCase, name: string): number[] {
  const list = reference.config[name];
  if (Array.isArray(list) && list.every((value) => typeof value === 'number')) return list;
  throw new MalformedCaseError({
    where: `${reference.folder}/case.json`,
    got: list,
    expected: `a list of numbers as config.${name}`,
    remedy: 'Fetch the pack again',
  });
}
