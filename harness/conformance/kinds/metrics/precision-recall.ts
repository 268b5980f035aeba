/**
 * @file Kind `precision-recall`: precision, recall, density, coverage and their neighbour radii.
 *
 * Both conventions for ties are compared.
 */
import { neighbourMetrics } from '../../../metrics/values/precision-recall.ts';
import { typescriptAlgebra } from '../../../metrics/linalg/typescript.ts';
import { configNumber, type ConformanceCase } from '../../case.ts';
import type { Produced } from '../../judge/judge-values.ts';
import { tensorRows } from '../../judge/tensor-rows.ts';
import type { MetricKind } from '../kind.ts';

export const kind: MetricKind = { needsEngine: false, produce };

function produce(reference: ConformanceCase): Produced {
  const real = tensorRows(reference, 'real');
  const generated = tensorRows(reference, 'generated');
  const metrics = neighbourMetrics(real, generated, [configNumber(reference, 'k')], typescriptAlgebra)[0]!;
  return {
    values: {
      non_strict: { ...metrics.nonStrict },
      strict: { ...metrics.strict },
      radii_real_squared: metrics.radiiRealSquared,
      radii_generated_squared: metrics.radiiGeneratedSquared,
    },
  };
}
