/**
 * @file Checks that all subjects compute the same values from the same inputs.
 *
 * Times of subjects that compute different things cannot be compared.
 */
import { ResultError, described } from '../core/errors.ts';
import { significant } from '../core/units.ts';
import { median } from '../results/benchmark.ts';

/** What one subject computed, by name. */
export interface CheckValues {
  readonly name: string;
  readonly values: Readonly<Record<string, number>>;
}

/**
 * Relative. The value is a mean over thousands of float32 numbers of a network tens of layers deep, summed in another order by each framework:
 * 1e-6 is usual, a mistake of the network shows at 1e-3.
 */
export const valueTolerance = 1e-5;
/** Relative, of the norm of all gradients: the backward pass is as long again, and its sums cancel. */
const gradientTolerance = 1e-4;

/**
 * Compares every value with the median of those that are numbers.
 * @throws ResultError naming the value and who disagrees
 */
export function requireAgreement(checks: readonly CheckValues[]): void {
  for (const key of Object.keys(checks[0]?.values ?? {})) {
    const tolerance = key === 'gradientNorm' ? gradientTolerance : valueTolerance;
    const numbers = checks.flatMap(({ values }) => values[key] ?? []).filter(Number.isFinite);
    const middle = median(numbers);
    const strangers = checks.filter(({ values }) => !(relative(values[key], middle) <= tolerance));
    if (strangers.length === 0) continue;
    const said = strangers.map(({ name, values }) => `${values[key] ?? 'nothing'} from ${name}`).join(', ');
    const others = checks.filter((check) => !strangers.includes(check)).map(({ name }) => name);
    throw new ResultError({
      where: `${key} of the common inputs`,
      got: described(said),
      expected: `${significant(middle, 8)} within ${tolerance}${others.length > 0 ? `, as from ${others.join(', ')}` : ''}`,
      remedy: 'Nothing was timed: find the difference first, or leave the subject out with --only',
    });
  }
}

function relative(value: number | undefined, middle: number): number {
  return value === undefined ? NaN : Math.abs(value - middle) / Math.abs(middle);
}
