/** @file Judges what each choice is worth: pairs of recipes that are one change apart, seed by seed. */
import type { Ablation, AblationStep } from '../../recipe/ablation.ts';
import type { Judgement } from '../../results/judgement.ts';
import type { Run } from '../../results/run.ts';
import { fewestPairs, type SeedValue } from '../compare.ts';
import { seedValues, type ScoreColumn } from '../evidence.ts';
import { summarise, type Interval } from '../statistics.ts';

/** `missing`: one of the two recipes has no value here, and nothing stands in its place. */
type ContributionOutcome = 'better' | 'worse' | 'undecided' | 'missing';

export interface Contribution {
  readonly step: AblationStep;
  readonly direction: 'added' | 'removed';
  readonly outcome: ContributionOutcome;
  /** Why it is undecided or missing; empty where it is neither. */
  readonly why: string;
  /** Why either recipe has no value at all, one entry per recipe. */
  readonly absent: readonly string[];
  /** Seeds that finished both recipes. */
  readonly seeds: number;
  readonly plannedSeeds: number;
  readonly measured: {
    /** Score with the change over the score without it: the geometric mean over seeds. */
    readonly ratio: number;
    /** Of the ratio, by paired seeds; null below two. */
    readonly interval: Interval | null;
  } | null;
}

/** Two recipes, one change apart, in one score. */
interface StepValues {
  readonly without: readonly SeedValue[];
  readonly with: readonly SeedValue[];
  readonly plannedSeeds: readonly number[];
  readonly better: 'lower' | 'higher';
}

/**
 * Every step of an ablation in one score of a run: first those added, then those left out.
 * A step whose recipe was not planned or has no result is `missing` and says which recipe it is.
 */
export function judgeContributions(run: Run, column: ScoreColumn, ablation: Ablation): Contribution[] {
  const { recipes, seeds, judgement } = run.registration;
  const absence = (id: string): string | null => {
    if (recipes.every((recipe) => recipe.id !== id)) return `${id} was not planned`;
    return seedValues(column, id).length === 0 ? `${id} has no result` : null;
  };
  const judge = (direction: Contribution['direction'], step: AblationStep): Contribution => {
    const absent = [step.without, step.with].flatMap((id) => absence(id) ?? []);
    const why = [...absent, ...column.notComparable.map((difference) => `measured differently: ${difference}`)];
    const shared = { step, direction, absent, plannedSeeds: seeds.length };
    if (why.length > 0) return { ...shared, outcome: 'missing', why: why.join('; '), seeds: 0, measured: null };
    const values: StepValues = {
      without: seedValues(column, step.without),
      with: seedValues(column, step.with),
      plannedSeeds: seeds,
      better: column.kind.better,
    };
    return { ...shared, ...judgeStep(values, judgement) };
  };
  return [
    ...ablation.added.map((step) => judge('added', step)),
    ...ablation.removed.map((step) => judge('removed', step)),
  ];
}

/**
 * Judges one change by the ratio r = score with / score without. With d_i = ln with_i - ln without_i of seed i, ln r is the mean of d, and its
 * t-interval, +- t(n - 1) sd_d / sqrt(n), is taken back by exp. A ratio and not a difference: scores fall several times over along a ladder, a
 * change of a tenth means the same at either end of it, and the ratios of successive steps multiply to that of the whole way.
 * Undecided: the interval holds 1, a planned seed lacks either recipe, or there are fewer pairs than any claim needs.
 */
export function judgeStep(
  { without, with: changed, plannedSeeds, better }: StepValues,
  { confidence, minimumSeeds }: Pick<Judgement, 'confidence' | 'minimumSeeds'>,
): Pick<Contribution, 'outcome' | 'why' | 'seeds' | 'measured'> {
  const pairs = plannedSeeds.flatMap((seed) => {
    const [first, second] = [without, changed].map((values) => values.find((one) => one.seed === seed)?.value);
    return first === undefined || second === undefined ? [] : [[first, second] as const];
  });
  const seeds = pairs.length;
  if (seeds === 0) return { outcome: 'missing', why: 'no seed finished both', seeds, measured: null };
  if (pairs.flat().some((value) => value <= 0)) {
    return { outcome: 'undecided', why: 'a score is not positive: it has no ratio', seeds, measured: null };
  }
  const { mean, interval } = summarise(
    pairs.map(([first, second]) => Math.log(second / first)),
    confidence,
  );
  const measured = {
    ratio: Math.exp(mean),
    interval: interval && { confidence, low: Math.exp(interval.low), high: Math.exp(interval.high) },
  };
  const undecided = (why: string) => ({ outcome: 'undecided', why, seeds, measured }) as const;
  if (seeds < plannedSeeds.length) return undecided(`${seeds} of ${plannedSeeds.length} planned seeds finished both`);
  const least = Math.max(fewestPairs, minimumSeeds);
  if (seeds < least || interval === null) return undecided(`fewer than ${least} seeds`);
  if (interval.low <= 0 && interval.high >= 0) return undecided('the interval holds zero');
  return { outcome: mean < 0 === (better === 'lower') ? 'better' : 'worse', why: '', seeds, measured };
}
