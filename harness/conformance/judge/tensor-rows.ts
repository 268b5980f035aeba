/** @file Converts tensors of a case to feature rows or to index lists. */
import { toFloat64 } from '../../formats/safetensors.ts';
import { memoryRows, type FeatureRows } from '../../metrics/features/rows.ts';
import { tensorOf, type ConformanceCase } from '../case.ts';

/** A tensor [n, d] as rows. @throws DataError on a value that is not finite */
export function tensorRows(reference: ConformanceCase, name: string): FeatureRows {
  const tensor = tensorOf(reference, name);
  return memoryRows(toFloat64(tensor), tensor.shape[1] ?? 1);
}

/** A tensor of integers [count, size] as its rows, or of one dimension as a single one. */
export function tensorIndices(reference: ConformanceCase, name: string): Float64Array[] {
  const tensor = tensorOf(reference, name);
  const values = toFloat64(tensor);
  const size = tensor.shape[tensor.shape.length - 1] ?? 0;
  return Array.from({ length: size === 0 ? 0 : values.length / size }, (_, i) =>
    values.subarray(i * size, (i + 1) * size),
  );
}
