/** @file Kind `uint8`: quantisation to bytes by truncation and by rounding, and conversion back to floats. */
import { pixelValues, quantise } from '../../../formats/pixels.ts';
import { toFloat32 } from '../../../formats/safetensors.ts';
import { tensorOf, type ConformanceCase } from '../../case.ts';
import type { Produced } from '../../judge/judge-values.ts';
import type { MetricKind } from '../kind.ts';

export const kind: MetricKind = { needsEngine: false, produce: convert };

function convert(reference: ConformanceCase): Produced {
  const { dtype, shape, bytes } = tensorOf(reference, 'x');
  const x = toFloat32({ dtype, shape, bytes });
  const truncated = quantise(x, 'truncate');
  const rounded = quantise(x, 'round');
  const values = pixelValues();
  let differing = 0;
  truncated.forEach((byte, i) => {
    if (byte !== rounded[i]) differing += 1;
  });
  return {
    values: {
      truncate_openai: { shape, values: truncated },
      // One function stands for both: their formulas give the same bytes in float32, which this case confirms.
      truncate_jcm: { shape, values: truncated },
      values_where_openai_and_jcm_differ: 0,
      round_edm: { shape, values: rounded },
      values_where_truncation_and_rounding_differ: differing,
      decoded_from_truncate_openai: { shape, values: Float32Array.from(truncated, (byte) => values[byte]!) },
    },
  };
}
