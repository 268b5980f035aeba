/** @file Judging of the set `networks`: produced tensors against expected ones by the rule of the pack. */
import { DataError } from '../core/errors.ts';
import { toFloat64 } from '../formats/safetensors.ts';
import { isRecord, tensorOf, type ConformanceCase } from './case.ts';

/** What a kind computed: expected name -> values in the layout of the pack, float64 of whatever precision they were made in. */
export type ProducedTensors = ReadonlyMap<string, ArrayLike<number>>;

export interface Verdict {
  readonly passed: boolean;
  /** Largest error as a share of its tolerance: at most 1 when passed, infinite when something is missing or not finite. */
  readonly share: number;
  /** The tensor or value with the largest share, and why if it is no number. */
  readonly worst: string;
}

interface Tolerance {
  readonly rule: 'tensor-max' | 'elementwise';
  readonly rtol: number;
  readonly atol: number;
  readonly zeroTensors: ReadonlySet<string>;
  readonly zeroAtol: number;
}

/**
 * `tensor-max`: max|actual - expected| <= atol + rtol * max|expected| per tensor, `zeroTensors` by `zeroAtol` alone;
 * `elementwise`: |actual - expected| <= atol + rtol * |expected| per element.
 */
export function judgeTensors(reference: ConformanceCase, produced: ProducedTensors): Verdict {
  const tolerance = readTolerance(reference);
  let share = 0;
  let worst = '';
  for (const name of expectedNames(reference)) {
    const expected = toFloat64(tensorOf(reference, name));
    const actual = produced.get(name);
    if (!actual) return { passed: false, share: Infinity, worst: `${name}: not produced` };
    if (actual.length !== expected.length) {
      return { passed: false, share: Infinity, worst: `${name}: ${actual.length} values, expected ${expected.length}` };
    }
    const own = shareOf(name, actual, expected, tolerance);
    if (own > share || worst === '') {
      share = Math.max(share, own);
      worst = name;
    }
  }
  return { passed: share <= 1, share, worst };
}

/** The names under `expected` of a pack of the set `networks`. */
export function expectedNames(reference: ConformanceCase): string[] {
  const names = reference.json.expected;
  // A pack that expects nothing would pass whatever is computed.
  if (Array.isArray(names) && names.length > 0 && names.every((name) => typeof name === 'string')) return names;
  throw new DataError({
    where: `${reference.folder}/case.json`,
    got: names,
    expected: 'a list of tensor names under "expected"',
    remedy: 'Fetch the pack again',
  });
}

function shareOf(name: string, actual: ArrayLike<number>, expected: Float64Array, tolerance: Tolerance): number {
  let largest = 0;
  let error = 0;
  let share = 0;
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs(actual[i]! - expected[i]!);
    if (!(difference < Infinity)) return Infinity;
    const size = Math.abs(expected[i]!);
    largest = Math.max(largest, size);
    error = Math.max(error, difference);
    if (tolerance.rule === 'elementwise')
      share = Math.max(share, ratio(difference, tolerance.atol + tolerance.rtol * size));
  }
  if (tolerance.rule === 'elementwise') return share;
  return ratio(error, tolerance.zeroTensors.has(name) ? tolerance.zeroAtol : tolerance.atol + tolerance.rtol * largest);
}

/** error / bound, with 0 / 0 = 0: an exact value meets a bound of zero. */
export function ratio(error: number, bound: number): number {
  if (error === 0) return 0;
  return bound > 0 ? error / bound : Infinity;
}

function readTolerance(reference: ConformanceCase): Tolerance {
  const json = reference.json.tolerance;
  if (isRecord(json) && (json.rule === 'tensor-max' || json.rule === 'elementwise') && typeof json.rtol === 'number') {
    const zero = json.zeroTensors;
    return {
      rule: json.rule,
      rtol: json.rtol,
      atol: typeof json.atol === 'number' ? json.atol : 0,
      zeroTensors: new Set(Array.isArray(zero) ? zero.map(String) : []),
      zeroAtol: typeof json.zeroAtol === 'number' ? json.zeroAtol : 0,
    };
  }
  throw new DataError({
    where: `${reference.folder}/case.json`,
    got: json,
    expected: 'a tolerance with rule tensor-max or elementwise and rtol',
    remedy: 'Fetch the pack again',
  });
}
