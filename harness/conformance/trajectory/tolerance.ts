/** @file Tolerances of a reference run: each row's own, and float32 resolution for weight differences. */
import { isRecord } from '../../core/record.ts';
import { toFloat64 } from '../../formats/safetensors.ts';
import { MalformedCaseError, tensorOf, type ConformanceCase } from '../case.ts';

/** One rounding of a float32 number is at most this part of it. */
const rounding = 2 ** -24;

/**
 * The tolerance of an expected tensor as a plain rule: its row's own, or for `delta/<n>/<part>/<name>`
 * `max|actual - expected| <= rtol max|expected| + roundings 2^-24 max|params/<name>|`.
 * @throws MalformedCaseError when the pack has no such rule
 */
export function trajectoryTolerance(reference: ConformanceCase, name: string): Record<string, unknown> {
  const { tolerance } = reference.json;
  const { rule, rows, delta } = isRecord(tolerance) ? tolerance : {};
  if (rule !== 'trajectory') throw missing(reference, 'tolerance.rule', rule, 'trajectory');
  const [, n, part, parameter] = /^delta\/(\d+)\/([^/]+)\/(.+)$/.exec(name) ?? [];
  if (parameter === undefined) {
    const row = isRecord(rows) ? rows[name] : undefined;
    if (isRecord(row)) return row;
    throw missing(reference, `tolerance.rows["${name}"]`, row, '{rule, rtol, atol}');
  }
  const entry = isRecord(delta) ? delta[`${n}/${part}`] : undefined;
  if (isRecord(entry) && typeof entry.rtol === 'number' && typeof entry.roundings === 'number') {
    const atol = entry.roundings * rounding * largest(toFloat64(tensorOf(reference, `params/${parameter}`)));
    return { rule: 'tensor-max', rtol: entry.rtol, atol };
  }
  throw missing(reference, `tolerance.delta["${n}/${part}"]`, entry, '{rtol, roundings}');
}

function largest(values: Float64Array): number {
  return values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}

function missing(reference: ConformanceCase, where: string, got: unknown, expected: string): MalformedCaseError {
  return new MalformedCaseError({
    where: `${reference.folder}/case.json at ${where}`,
    got,
    expected,
    remedy: 'Fetch the pack again',
  });
}
