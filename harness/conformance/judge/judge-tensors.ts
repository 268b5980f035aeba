/** @file Judges cases of the set `networks`: computed tensors against expected ones by the pack's rule. */
import { isRecord } from '../../core/record.ts';
import { DataError, described } from '../../core/errors.ts';
import { suggestion } from '../../core/suggest.ts';
import { toFloat64 } from '../../formats/safetensors.ts';
import { MalformedCaseError, tensorOf, type ConformanceCase } from '../case.ts';

/** What a kind computed: expected name -> values in the layout of the pack, float64 of whatever precision they were made in. */
export type ProducedTensors = ReadonlyMap<string, ArrayLike<number>>;

export interface CaseVerdict {
  readonly passed: boolean;
  /** Numbers, texts and refusals that were held against what the case expects: a case of which nothing was compared proves nothing. */
  readonly compared: number;
  /** Largest error as a share of its tolerance: at most 1 when passed, infinite when something has another shape or is not finite. */
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
 * @throws MalformedCaseError when the case expects a tensor that its kind does not compute
 */
export function judgeTensors(reference: ConformanceCase, produced: ProducedTensors): CaseVerdict {
  const tolerance = readTolerance(reference);
  let share = 0;
  let compared = 0;
  let worst = '';
  for (const name of expectedNames(reference)) {
    const expected = toFloat64(tensorOf(reference, name));
    const actual = produced.get(name);
    if (!actual) throw notComputed(reference, name, [...produced.keys()]);
    compared += expected.length;
    if (actual.length !== expected.length) {
      const lengths = `${actual.length} values, expected ${expected.length}`;
      return { passed: false, compared, share: Infinity, worst: `${name}: ${lengths}` };
    }
    const own = shareOf(name, actual, expected, tolerance);
    if (own > share || worst === '') {
      share = Math.max(share, own);
      worst = name;
    }
  }
  return { passed: share <= 1, compared, share, worst };
}

/** A name under `expected` that nothing was held against, and the names that could have been meant. */
export function notComputed(reference: ConformanceCase, name: string, computed: readonly string[]): MalformedCaseError {
  return new MalformedCaseError({
    where: `${reference.folder}/case.json`,
    got: described(`"${name}" under "expected"`),
    expected: `names of values that the kind ${reference.kind} computes for such a case`,
    remedy: computed.length > 0 ? suggestion(name, computed) : 'Fetch the pack again',
  });
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
  if (isRecord(json) && (json.rule === 'tensor-max' || json.rule === 'elementwise') && json.rtol !== undefined) {
    const zero = json.zeroTensors;
    return {
      rule: json.rule,
      rtol: toleranceNumber(reference, 'rtol', json.rtol),
      atol: toleranceNumber(reference, 'atol', json.atol),
      zeroTensors: new Set(Array.isArray(zero) ? zero.map(String) : []),
      zeroAtol: toleranceNumber(reference, 'zeroAtol', json.zeroAtol),
    };
  }
  throw new DataError({
    where: `${reference.folder}/case.json`,
    got: json,
    expected: 'a tolerance with rule tensor-max or elementwise and rtol',
    remedy: 'Fetch the pack again',
  });
}

/** A bound of a tolerance, 0 where the pack gives none. @throws MalformedCaseError when every error would be within it */
export function toleranceNumber(reference: ConformanceCase, name: string, value: unknown): number {
  if (value === undefined) return 0;
  if (typeof value === 'number' && value >= 0 && value < Infinity) return value;
  throw new MalformedCaseError({
    where: `${reference.folder}/case.json, tolerance ${name}`,
    got: typeof value === 'number' ? described(String(value)) : value,
    expected: 'a finite number from 0 on',
    remedy: 'Fetch the pack again',
  });
}
