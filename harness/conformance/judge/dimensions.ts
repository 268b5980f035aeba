/** @file Selects the cases with so many feature columns that their linear algebra runs on the engine. */
import { isRecord } from '../../core/record.ts';
import { type ConformanceCase } from '../case.ts';

/** From here on, matrix products in TypeScript take seconds, then minutes. */
const many = 512;

/** Whether the features of a case have so many columns. */
export function hasManyDimensions(reference: ConformanceCase): boolean {
  const { inputs } = reference.json;
  const widths = Array.isArray(inputs)
    ? inputs.map((input) => (isRecord(input) && Array.isArray(input.shape) ? Number(input.shape.at(-1)) : 0))
    : [];
  return Math.max(Number(reference.config.D ?? 0), ...widths) >= many;
}
