/** @file Kind `kid`: Kernel Inception Distance over the listed subsets, and over all rows. */
import {
  drawSubsets,
  kid,
  mmd2,
  torchFidelityKid,
  type PolynomialKernel,
  type Subset,
} from '../../../metrics/values/kid.ts';
import { typescriptAlgebra } from '../../../metrics/linalg/typescript.ts';
import { configNumber, type ConformanceCase } from '../../case.ts';
import type { Produced } from '../../judge/judge-values.ts';
import { tensorIndices, tensorRows } from '../../judge/tensor-rows.ts';
import type { MetricKind } from '../kind.ts';

export const kind: MetricKind = { needsEngine: false, produce: measure };

function measure(reference: ConformanceCase): Produced {
  const a = tensorRows(reference, 'features_a');
  const b = tensorRows(reference, 'features_b');
  const kernel = kernelOf(reference);
  const distance = kid(a, b, subsetsOf(reference, a.n, b.n), kernel, typescriptAlgebra);
  const all = mmd2(a, b, kernel, typescriptAlgebra);
  return {
    values: {
      kid_mean: distance.mean,
      kid_std: distance.std,
      kid_per_subset: distance.perSubset,
      mmd2_unbiased_full: all.unbiased,
      mmd2_biased_full: all.biased,
    },
  };
}

function kernelOf(reference: ConformanceCase): PolynomialKernel {
  const { gamma } = reference.config;
  return {
    degree: configNumber(reference, 'degree'),
    gamma: typeof gamma === 'number' ? gamma : null,
    coef0: configNumber(reference, 'coef0'),
  };
}

/** The listed subsets, or, where the case has none, those that our own draw makes or refuses to make. */
function subsetsOf(reference: ConformanceCase, nA: number, nB: number): Subset[] {
  if (reference.tensors.has('subset_a')) {
    const b = tensorIndices(reference, 'subset_b');
    return tensorIndices(reference, 'subset_a').map((indices, s) => ({ a: indices, b: b[s]! }));
  }
  return drawSubsets(nA, nB, {
    ...torchFidelityKid,
    subsets: configNumber(reference, 'subsets'),
    subsetSize: configNumber(reference, 'subset_size'),
  });
}
