/**
 * @file Checks that all subjects compute the same values from the same inputs.
 *
 * Times of subjects that compute different things cannot be compared.
 */
import { ResultError, described } from '../core/errors.ts';
import { significant } from '../core/units.ts';
import { median } from '../results/benchmark/rounds.ts';

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
    requireAlike(
      checks.map(({ name, values }) => ({ name, value: values[key] })),
      {
        where: `${key} of the common inputs`,
        relative: key === 'gradientNorm' ? gradientTolerance : valueTolerance,
        remedy: 'Nothing was timed: find the difference first, or leave the subject out with --only',
      },
    );
  }
}

export interface Likeness {
  readonly where: string;
  /** Of the median. */
  readonly relative: number;
  /** Allowed whatever the median is. */
  readonly absolute?: number;
  readonly remedy: string;
}

/** @throws ResultError naming who is farther from the median than is allowed */
export function requireAlike(
  said: readonly { readonly name: string; readonly value: number | undefined }[],
  { where, relative, absolute = 0, remedy }: Likeness,
): void {
  const middle = median(said.flatMap(({ value }) => value ?? []).filter(Number.isFinite));
  const allowed = Math.max(relative * Math.abs(middle), absolute);
  const strangers = said.filter(({ value }) => !(Math.abs((value ?? NaN) - middle) <= allowed));
  if (strangers.length === 0) return;
  const others = said.filter((one) => !strangers.includes(one)).map(({ name }) => name);
  const within = absolute > 0 ? significant(allowed, 3) : String(relative);
  throw new ResultError({
    where,
    got: described(strangers.map(({ name, value }) => `${value ?? 'nothing'} from ${name}`).join(', ')),
    expected: `${significant(middle, 8)} within ${within}${others.length > 0 ? `, as from ${others.join(', ')}` : ''}`,
    remedy,
  });
}
