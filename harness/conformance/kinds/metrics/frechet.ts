/** @file Kind `frechet`: Fréchet distance of stored features, stored statistics, or generated inputs. */
import { isRecord } from '../../../core/record.ts';
import { toFloat64 } from '../../../formats/safetensors.ts';
import { memoryRows } from '../../../metrics/features/rows.ts';
import { frechetDistance } from '../../../metrics/values/frechet.ts';
import type { Gaussian } from '../../../metrics/linalg/gaussian.ts';
import { momentsOf } from '../../../metrics/linalg/moments.ts';
import type { Algebra } from '../../../metrics/linalg/algebra.ts';
import { engineAlgebra } from '../../../metrics/linalg/engine.ts';
import { typescriptAlgebra } from '../../../metrics/linalg/typescript.ts';
import { MalformedCaseError, configNumber, tensorOf, type ConformanceCase } from '../../case.ts';
import { hasManyDimensions } from '../../judge/dimensions.ts';
import { hashFeatures, hashUniform, hashUniformWide, householderStats } from '../../networks/hash-inputs.ts';
import type { Produced } from '../../judge/judge-values.ts';
import type { MetricKind } from '../kind.ts';

export const kind: MetricKind = { needsEngine: hasManyDimensions, produce: measure };

function measure(reference: ConformanceCase): Produced {
  const algebra = hasManyDimensions(reference) ? engineAlgebra : typescriptAlgebra;
  const sides = sidesOf(reference);
  const a = gaussian(sides.a, algebra);
  const b = gaussian(sides.b, algebra);
  const distance = frechetDistance(a, b, algebra, 'clamp');
  const values = { fid: distance.value, check_values: checkValues(reference, sides, { a, b }) };
  return distance.clampedCount > 0 ? { values, flag: `${distance.clampedCount} eigenvalues clamped` } : { values };
}

type Side =
  | { readonly rows: Float32Array | Float64Array; readonly d: number }
  | { readonly mean: Float64Array; readonly covariance: Float64Array };

function gaussian(side: Side, algebra: Algebra): Gaussian {
  return 'rows' in side ? momentsOf(memoryRows(side.rows, side.d), algebra) : side;
}

function sidesOf(reference: ConformanceCase): { a: Side; b: Side } {
  const { input, recipe } = reference.config;
  if (input === 'features') return { a: featureSide(reference, 'features_a'), b: featureSide(reference, 'features_b') };
  if (input === 'stats') return { a: statsSide(reference, 'a'), b: statsSide(reference, 'b') };
  const d = configNumber(reference, 'D');
  const number = (name: string): number => configNumber(reference, name);
  if (recipe === 'hash-features') {
    return {
      a: { rows: hashFeatures(number('seed_a'), number('rows_a'), d, 'a'), d },
      b: { rows: hashFeatures(number('seed_b'), number('rows_b'), d, 'b'), d },
    };
  }
  if (recipe === 'hash-uniform-pair') {
    return {
      a: { rows: hashUniform(number('seed_a'), number('rows'), d), d },
      b: { rows: hashUniformWide(number('seed_b'), number('rows'), d), d },
    };
  }
  if (recipe === 'householder-stats') {
    const { muA, sigmaA, muB, sigmaB } = householderStats(number('seed_v'), number('seed_mu'), d);
    return { a: { mean: muA, covariance: sigmaA }, b: { mean: muB, covariance: sigmaB } };
  }
  throw new MalformedCaseError({
    where: `${reference.folder}/case.json`,
    got: { input, recipe },
    expected: 'input features or stats, or recipe hash-features, hash-uniform-pair or householder-stats',
    remedy: 'Update this project: the pack is newer',
  });
}

function featureSide(reference: ConformanceCase, name: string): Side {
  const tensor = tensorOf(reference, name);
  return { rows: toFloat64(tensor), d: tensor.shape[1] ?? 1 };
}

function statsSide(reference: ConformanceCase, side: 'a' | 'b'): Side {
  return {
    mean: toFloat64(tensorOf(reference, `mu_${side}`)),
    covariance: toFloat64(tensorOf(reference, `sigma_${side}`)),
  };
}

/** The recorded values of a recipe (`a[0][1]`, `sum_a`, `trace_a`, `sigma_a[0][1]`, `mu_a[5]`): a wrong generator shows here first. */
function checkValues(
  reference: ConformanceCase,
  sides: Record<'a' | 'b', Side>,
  gaussians: Record<'a' | 'b', Gaussian>,
): Record<string, number> {
  const expected = reference.json.expected;
  const wanted = isRecord(expected) && isRecord(expected.check_values) ? Object.keys(expected.check_values) : [];
  const out: Record<string, number> = {};
  for (const name of wanted) {
    const match = /^(sum_|trace_|sigma_|mu_)?([ab])(?:\[(\d+)\])?(?:\[(\d+)\])?$/.exec(name);
    if (!match) continue;
    const which = match[2] as 'a' | 'b';
    out[name] = checkValue(
      sides[which],
      gaussians[which],
      match[1] ?? 'row',
      Number(match[3] ?? 0),
      Number(match[4] ?? 0),
    );
  }
  return out;
}

function checkValue(side: Side, { mean, covariance }: Gaussian, what: string, i: number, j: number): number {
  if ('rows' in side) {
    if (what === 'sum_') return Float64Array.from(side.rows).reduce((sum, value) => sum + value, 0);
    if (what === 'row') return side.rows[i * side.d + j] ?? NaN;
  }
  const d = mean.length;
  if (what === 'mu_') return mean[i] ?? NaN;
  if (what === 'sigma_') return covariance[i * d + j] ?? NaN;
  let trace = 0;
  for (let k = 0; k < d; k++) trace += covariance[k * d + k]!;
  return trace;
}
