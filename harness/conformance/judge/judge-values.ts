/**
 * @file Judges cases of the set `metrics`: values, tensors and refusals against the expected ones.
 *
 * The tolerance is the pack's.
 */
import { isRecord } from '../../core/record.ts';
import { HarnessError, quoteValue } from '../../core/errors.ts';
import { toFloat64 } from '../../formats/safetensors.ts';
import { MalformedCaseError, tensorOf, type ConformanceCase } from '../case.ts';
import { notComputed, ratio, toleranceNumber, type CaseVerdict } from './judge-tensors.ts';

/** An array with its shape; the shape is compared too. */
export interface ShapedValues {
  readonly shape: readonly number[];
  readonly values: ArrayLike<number>;
}

export type ProducedValue =
  | number
  | string
  | boolean
  | ArrayLike<number>
  | readonly string[]
  | ShapedValues
  | { readonly [name: string]: ProducedValue };

/** What a kind computed for one case. */
export interface Produced {
  readonly values: Readonly<Record<string, ProducedValue>>;
  /** Why the value is not to be trusted as it stands (`clamped`, `subset below dimension`); absent when nothing was flagged. */
  readonly flag?: string;
  /** Produced name -> expected name, where they differ: `adm_64_from_file` is judged against `adm_64` by its own tolerance. */
  readonly against?: Readonly<Record<string, string>>;
}

export type Produce = () => Produced | Promise<Produced>;

/**
 * Computes and judges a whole case. `expected.outcome`:
 * - `value`: every expected name must be produced and agree within its tolerance, exactly where it has none; `notes` are not judged;
 * - `error`: a HarnessError must be thrown (any other exception is a crash, not a clear message);
 * - `refuse-or-flag`: a HarnessError, or a flag and the value `<name>_if_flagged` where the pack holds one;
 * - `error-or-...`: a HarnessError, or whatever values the pack holds.
 * @throws MalformedCaseError when the case expects nothing, or a value that its kind does not compute
 */
export function judgeValues(reference: ConformanceCase, produce: Produce): Promise<CaseVerdict> {
  return judgeExpectation(reference, expectedRecord(reference), toleranceRecord(reference), produce);
}

/** `expected` of a case of the set `metrics`. @throws MalformedCaseError when it is none, or empty */
export function expectedRecord(reference: ConformanceCase): Readonly<Record<string, unknown>> {
  const { expected } = reference.json;
  if (isRecord(expected) && Object.keys(expected).length > 0) return expected;
  throw malformed(reference, expected, 'an object of named values, or an outcome, under "expected"');
}

/** `tolerance` of a case of the set `metrics`; where there is none, values must be equal. */
export function toleranceRecord(reference: ConformanceCase): Readonly<Record<string, unknown>> {
  const { tolerance } = reference.json;
  if (tolerance === undefined) return {};
  if (isRecord(tolerance)) return tolerance;
  throw malformed(reference, tolerance, 'an object of named bounds under "tolerance"');
}

/** What packs note beside an expectation for people to read: other tools' results, digits, digests of the data. */
const notes = new Set([
  'outcome',
  'by_tool',
  'by_route',
  'spread',
  'fid_mpmath',
  'fid_mpmath_from_float64_stats',
  'fid_reference_digits',
  'flag_expected',
  'float32_axis0_mean',
  'float32_mean_max_error',
  'mean_term',
  'trace_sqrt',
  'rank_a',
  'rank_b',
  'negative_eigenvalues_of_product_float64',
  'naive_sum_of_squares_max_rel_error',
  'numpy_allow_pickle_false',
  'numpy_cov_max_rel_error',
  'pillow',
  'pool_3_max_abs',
  'smallest_relative_margin_to_a_radius',
  'softmax_with_batch_4',
  'softmax_with_batch_4_message',
  'spatial_shape',
  'torch_fidelity_max_abs_difference',
]);

/** The same for one expectation inside a case: packs that list several files hold one outcome per file. */
export async function judgeExpectation(
  reference: ConformanceCase,
  expected: Readonly<Record<string, unknown>>,
  tolerance: Readonly<Record<string, unknown>>,
  produce: Produce,
): Promise<CaseVerdict> {
  const outcome = expected.outcome ?? 'value';
  if (typeof outcome !== 'string' || !/^(value|error|refuse-or-flag|error-or-\w+)$/.test(outcome)) {
    throw malformed(reference, outcome, 'an outcome: value, error, refuse-or-flag or error-or-<something>');
  }
  if (outcome === 'error') {
    const value = Object.keys(expected).find((name) => !notes.has(name));
    if (value !== undefined) throw malformed(reference, outcome, `no value such as "${value}" beside it`);
  }
  let produced: Produced;
  try {
    produced = await produce();
  } catch (thrown) {
    if (!(thrown instanceof HarnessError) || thrown instanceof MalformedCaseError) throw thrown;
    return outcome === 'value'
      ? failed(`refused: ${thrown.message}`)
      : { passed: true, compared: 1, share: 0, worst: `refused: ${thrown.message}` };
  }
  if (outcome === 'error') return failed('no error');
  if (outcome === 'refuse-or-flag') {
    if (produced.flag === undefined) return failed('neither refused nor flagged');
    const flag: CaseVerdict = { passed: true, compared: 1, share: 0, worst: `flagged: ${produced.flag}` };
    return worstOf([flag, judgeProduced(reference, expected, tolerance, flaggedNames(produced, expected))]);
  }
  const verdict = judgeProduced(reference, expected, tolerance, produced);
  if (outcome === 'value' || verdict.compared > 0) return verdict;
  // The pack accepts a refusal as well and holds no value: that there was no crash is all that it asks.
  return { passed: true, compared: 1, share: 0, worst: 'not refused' };
}

/** The verdict with the largest share, a failed one if any failed, over all that they compared; of none, one that compared nothing. */
export function worstOf(verdicts: readonly CaseVerdict[]): CaseVerdict {
  let worst = verdicts[0] ?? { passed: true, compared: 0, share: 0, worst: '' };
  for (const verdict of verdicts) if (verdict.share > worst.share) worst = verdict;
  return { ...worst, compared: verdicts.reduce((sum, { compared }) => sum + compared, 0) };
}

function flaggedNames(produced: Produced, expected: Readonly<Record<string, unknown>>): Produced {
  const values = Object.entries(produced.values).map(([name, value]): [string, ProducedValue] => {
    const flagged = `${name}_if_flagged`;
    return [flagged in expected ? flagged : name, value];
  });
  return { ...produced, values: Object.fromEntries(values) };
}

function judgeProduced(
  reference: ConformanceCase,
  expected: Readonly<Record<string, unknown>>,
  tolerance: Readonly<Record<string, unknown>>,
  produced: Produced,
): CaseVerdict {
  const verdicts: CaseVerdict[] = [];
  const judged = new Set<string>();
  for (const [name, value] of Object.entries(produced.values)) {
    const expectedName = produced.against?.[name] ?? name;
    const wanted = expected[expectedName];
    if (wanted === undefined) continue;
    judged.add(expectedName);
    const bound = boundFor(reference, name, tolerance) ?? { abs: 0, rel: 0, relDiag: 0 };
    verdicts.push(compare(reference, name, value, wanted, bound));
  }
  for (const name of Object.keys(expected)) {
    if (!judged.has(name) && (name in tolerance || !notes.has(name)))
      throw notComputed(reference, name, Object.keys(produced.values));
  }
  return worstOf(verdicts);
}

interface Bound {
  readonly abs: number;
  readonly rel: number;
  /** Share of sqrt(c_ii * c_jj), for covariances. */
  readonly relDiag: number;
}

/** The tolerance of a name: its own entry, else that of a pattern with one `*` at its end. */
function boundFor(
  reference: ConformanceCase,
  name: string,
  tolerance: Readonly<Record<string, unknown>>,
): Bound | undefined {
  const pattern = Object.keys(tolerance)
    .filter((key) => key.endsWith('*') && name.startsWith(key.slice(0, -1)))
    .sort((a, b) => b.length - a.length)[0];
  const entry = tolerance[name] ?? (pattern === undefined ? undefined : tolerance[pattern]);
  if (!isRecord(entry)) return undefined;
  const number = (key: string): number => toleranceNumber(reference, `${name}.${key}`, entry[key]);
  return { abs: number('abs'), rel: number('rel'), relDiag: number('rel_diag') };
}

function compare(
  reference: ConformanceCase,
  name: string,
  value: ProducedValue,
  wanted: unknown,
  bound: Bound,
): CaseVerdict {
  if (isTensorReference(wanted)) {
    const tensor = tensorOf(reference, wanted.tensor);
    return compareNumbers(name, value, toFloat64(tensor), bound, tensor.shape);
  }
  const numbers = flatNumbers(wanted);
  if (numbers) return compareNumbers(name, value, numbers, bound);
  if (isRecord(wanted)) {
    const inner = isRecord(value) ? (value as Readonly<Record<string, ProducedValue>>) : {};
    return worstOf(
      Object.entries(wanted).map(([key, one]) => {
        const got = inner[key];
        if (got === undefined) throw notComputed(reference, `${name}.${key}`, namesWithin(name, inner));
        return compare(reference, `${name}.${key}`, got, one, bound);
      }),
    );
  }
  const same = JSON.stringify(value) === JSON.stringify(wanted);
  return same
    ? { passed: true, compared: 1, share: 0, worst: name }
    : failed(`${name}: ${quoteValue(value)}, expected ${quoteValue(wanted)}`);
}

function compareNumbers(
  name: string,
  value: ProducedValue,
  wanted: Float64Array,
  bound: Bound,
  shape?: readonly number[],
): CaseVerdict {
  if (isShaped(value) && shape && value.shape.join() !== shape.join()) {
    return failed(`${name}: shape [${value.shape.join(',')}], expected [${shape.join(',')}]`);
  }
  const numbers = isShaped(value) ? Float64Array.from(value.values) : flatNumbers(value);
  if (numbers?.length !== wanted.length) {
    return failed(
      `${name}: ${numbers ? `${numbers.length} values` : quoteValue(value)}, expected ${wanted.length} values`,
    );
  }
  const side = Math.sqrt(wanted.length);
  let share = 0;
  for (let i = 0; i < wanted.length; i++) {
    const want = wanted[i]!;
    const got = numbers[i]!;
    if (Object.is(got, want) || got === want) continue;
    const diagonal =
      bound.relDiag === 0
        ? 0
        : Math.sqrt(wanted[Math.floor(i / side) * (side + 1)]! * wanted[(i % side) * (side + 1)]!);
    const own = ratio(Math.abs(got - want), bound.abs + bound.rel * Math.abs(want) + bound.relDiag * diagonal);
    share = Math.max(share, Number.isNaN(own) ? Infinity : own);
  }
  return { passed: share <= 1, compared: wanted.length, share, worst: name };
}

function namesWithin(name: string, inner: Readonly<Record<string, unknown>>): string[] {
  return Object.keys(inner).map((key) => `${name}.${key}`);
}

/** The numbers of a number, of a list of lists, or of a typed array in row order; undefined when there is anything else in it. */
function flatNumbers(value: unknown): Float64Array | undefined {
  if (typeof value === 'number') return Float64Array.of(value);
  if (value === 'NaN' || value === 'Infinity' || value === '-Infinity') return Float64Array.of(Number(value));
  if (ArrayBuffer.isView(value)) return Float64Array.from(value as unknown as ArrayLike<number>);
  if (!Array.isArray(value)) return undefined;
  const out: number[] = [];
  for (const item of value) {
    const inner = flatNumbers(item);
    if (!inner) return undefined;
    for (const one of inner) out.push(one);
  }
  return Float64Array.from(out);
}

function isTensorReference(value: unknown): value is { readonly tensor: string } {
  return isRecord(value) && typeof value.tensor === 'string';
}

function isShaped(value: ProducedValue): value is ShapedValues {
  return isRecord(value) && Array.isArray(value.shape) && 'values' in value;
}

/** A difference that is no number was still a comparison. */
function failed(worst: string): CaseVerdict {
  return { passed: false, compared: 1, share: Infinity, worst };
}

function malformed(reference: ConformanceCase, got: unknown, expected: string): MalformedCaseError {
  return new MalformedCaseError({
    where: `${reference.folder}/case.json`,
    got,
    expected,
    remedy: 'Fetch the pack again',
  });
}
