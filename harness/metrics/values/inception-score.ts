/**
 * @file Inception Score in both published variants: torch-fidelity's shuffled splits, OpenAI's blocks.
 *
 * OpenAI's blocks are taken in order.
 */
import { DataError, described } from '../../core/errors.ts';
import type { FeatureRows } from '../features/rows.ts';
import { NumpyRandomState } from './numpy-random.ts';

export interface InceptionScore {
  readonly mean: number;
  /** Over splits, divided by their number. */
  readonly std: number;
  readonly perSplit: Float64Array;
}

/** What the rows hold: logits without bias, as both tools use them, or class probabilities. */
export type ScoreInput = 'logits' | 'probabilities';

/** Seed of the shuffle. Source: torch-fidelity 0.4.0, `defaults.py` (`rng_seed`). */
const torchFidelityShuffleSeed = 2020;

/** Rows per block. Source: openai/guided-diffusion, `evaluations/evaluator.py` (`compute_inception_score`). */
const openaiBlockRows = 5000;

/**
 * exp(mean_x KL(p(y|x) || p(y))) over `splits` nearly equal parts of the shuffled rows: split s = rows [s n / splits, (s+1) n / splits).
 * Source: Salimans et al., "Improved techniques for training GANs", 2016, section 4; torch-fidelity 0.4.0, `metric_isc.py`.
 * @param order the order of the rows; by default that of RandomState(2020).permutation(n)
 * @throws DataError when there are fewer rows than splits
 */
export function shuffledScore(
  rows: FeatureRows,
  splits: number,
  input: ScoreInput = 'logits',
  order: ArrayLike<number> = new NumpyRandomState(torchFidelityShuffleSeed).permutation(rows.n),
): InceptionScore {
  if (!Number.isSafeInteger(splits) || splits < 1 || rows.n < splits) {
    throw new DataError({
      where: 'Inception Score',
      got: described(`${rows.n} rows in ${splits} splits`),
      expected: 'at least one row in every split',
      remedy: 'Give more samples or ask for fewer splits',
    });
  }
  const bounds = Array.from({ length: splits + 1 }, (_, s) => Math.floor((s * rows.n) / splits));
  return scoreOf(rows, bounds, input, order);
}

/**
 * The same over consecutive blocks of `blockRows` rows in order; a short last block counts as fully as the others.
 * Source: openai/guided-diffusion, `evaluations/evaluator.py`, as used by openai/consistency_models.
 * Deviation: 0 log 0 = 0; the tool returns NaN for one-hot predictions.
 */
export function blockScore(
  rows: FeatureRows,
  blockRows = openaiBlockRows,
  input: ScoreInput = 'logits',
): InceptionScore {
  if (rows.n < 1) {
    throw new DataError({
      where: 'Inception Score',
      got: described('no rows'),
      expected: 'at least one',
      remedy: 'Give more samples',
    });
  }
  const blocks = Math.ceil(rows.n / blockRows);
  return scoreOf(
    rows,
    Array.from({ length: blocks + 1 }, (_, s) => Math.min(rows.n, s * blockRows)),
    input,
  );
}

/** Rows read at a time. */
const pieceRows = 1000;

function scoreOf(
  rows: FeatureRows,
  bounds: readonly number[],
  input: ScoreInput,
  order?: ArrayLike<number>,
): InceptionScore {
  const perSplit = new Float64Array(bounds.length - 1);
  for (let s = 0; s < perSplit.length; s++) {
    const split = new Split(rows.d);
    for (let first = bounds[s]!; first < bounds[s + 1]!; first += pieceRows) {
      const end = Math.min(bounds[s + 1]!, first + pieceRows);
      const piece = order
        ? rows.pick(Array.from({ length: end - first }, (_, i) => order[first + i]!))
        : rows.range(first, end);
      for (let i = 0; i < end - first; i++) {
        const row = piece.subarray(i * rows.d, (i + 1) * rows.d);
        if (input === 'logits') split.addLogits(row);
        else split.addProbabilities(row, order ? order[first + i]! : first + i);
      }
    }
    perSplit[s] = split.score();
  }
  const mean = perSplit.reduce((sum, value) => sum + value, 0) / perSplit.length;
  const variance = perSplit.reduce((sum, value) => sum + (value - mean) ** 2, 0) / perSplit.length;
  return { mean, std: Math.sqrt(variance), perSplit };
}

/**
 * mean_x KL = mean_x sum_y p(y|x) log p(y|x) - sum_y p(y) log p(y): both sums grow row by row, so a split needs no memory of its rows.
 */
class Split {
  private n = 0;
  private negativeEntropies = 0;
  private readonly totals: Float64Array;

  constructor(classes: number) {
    this.totals = new Float64Array(classes);
  }

  addLogits(logits: Float64Array): void {
    let largest = -Infinity;
    for (const logit of logits) largest = Math.max(largest, logit);
    let sum = 0;
    for (const logit of logits) sum += Math.exp(logit - largest);
    const logSum = Math.log(sum);
    for (let y = 0; y < logits.length; y++) {
      const logP = logits[y]! - largest - logSum;
      this.addClass(y, Math.exp(logP), logP);
    }
    this.n += 1;
  }

  addProbabilities(probabilities: Float64Array, row: number): void {
    for (let y = 0; y < probabilities.length; y++) {
      const p = probabilities[y]!;
      if (p < 0) {
        throw new DataError({
          where: 'Inception Score',
          got: described(`a probability of ${p} in row ${row}, class ${y}`),
          expected: 'no negative probability',
          remedy: 'Give logits as logits',
        });
      }
      this.addClass(y, p, Math.log(p));
    }
    this.n += 1;
  }

  score(): number {
    let marginal = 0;
    for (const total of this.totals) {
      const p = total / this.n;
      if (p > 0) marginal += p * Math.log(p);
    }
    return Math.exp(this.negativeEntropies / this.n - marginal);
  }

  private addClass(y: number, p: number, logP: number): void {
    // 0 log 0 = 0, where log 0 times 0 would be NaN.
    if (p === 0) return;
    this.totals[y]! += p;
    this.negativeEntropies += p * logP;
  }
}
