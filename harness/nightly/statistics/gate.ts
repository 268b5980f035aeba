/** @file Judges paired rows in two stages: when to stop, what was found, what could have been seen. */
import { namedKey, PhiloxRandom } from '../../core/philox.ts';
import type { Interval } from '../../judge/statistics.ts';
import type { Pair } from '../night.ts';
import type { Gate } from '../row.ts';
import { signedRank, WalshAverages } from './signed-rank.ts';

/** What the gate knows of a row. */
export interface PairedRule {
  readonly gate: Gate;
  /** Relative change that counts. */
  readonly margin: number;
  /**
   * Relative change by which whole nights of a build beside itself differ on this machine, found by its calibration: no smaller one is called a
   * change of the build. Absent: not known, as if it were zero.
   */
  readonly floor?: number;
}

/** The log-ratio beyond which a confirmed change is one of the build. */
function reachOf({ margin, floor = 0 }: Pick<PairedRule, 'margin' | 'floor'>): number {
  return Math.log1p(Math.max(margin, floor));
}

type PairedOutcome = 'same' | 'improved' | 'regressed' | 'cannot-tell';
export type Direction = 'slower' | 'faster';

export interface PairedJudgement {
  readonly outcome: PairedOutcome;
  /** What each stage's test said, at its own alpha. */
  readonly alarms: readonly (Direction | null)[];
  /** One-sided p-values of the stages, for "tonight is slower". */
  readonly pSlower: readonly number[];
  /** The same for "tonight is faster". */
  readonly pFaster: readonly number[];
  /** Tonight over earlier - 1, by all pairs of both stages; its confidence is the one that the number of pairs has. */
  readonly change: { readonly estimate: number; readonly interval: Interval };
}

/** log(tonight / earlier) of the pairs that have both, in their order: positive where tonight took more. */
export function logRatios(pairs: readonly Pair[]): number[] {
  return pairs.flatMap(({ tonight, earlier }) => (earlier === null ? [] : [Math.log(tonight / earlier)]));
}

/**
 * Whether a stage should take another pair: until there are `fewestPairs`, and from then on while the interval of the ratio is wider than
 * `narrowEnough` margins on either side, up to `mostPairs`. The width is the same for a slowdown as for none and as for a speed-up, and the
 * p-value is not looked at: pairs do not go on until there is an alarm.
 */
export function wantsMore(stage: WalshAverages | readonly number[], { gate, margin }: PairedRule): boolean {
  const averages = stage instanceof WalshAverages ? stage : new WalshAverages(stage);
  if (averages.count < gate.fewestPairs) return true;
  if (averages.count >= gate.mostPairs) return false;
  const { low, high } = averages.interval(gate.confidence);
  return (high - low) / 2 > gate.narrowEnough * Math.log1p(margin);
}

/**
 * The alarm of the first stage, after which the second is run on fresh processes: the one-sided test at `alphaFirst`, unless the interval
 * already lies within the margin, so that no confirmation could make a regression of it.
 */
export function firstAlarm(stage: WalshAverages | readonly number[], rule: PairedRule): Direction | null {
  const averages = stage instanceof WalshAverages ? stage : new WalshAverages(stage);
  const { low, high } = averages.interval(rule.gate.confidence);
  const reach = reachOf(rule);
  if (low >= -reach && high <= reach) return null;
  const direction = directionOf(averages.differences, rule.gate.alphaFirst);
  if (direction === 'slower') return high > reach ? direction : null;
  return direction === 'faster' && low < -reach ? direction : null;
}

/**
 * The outcome of one or two stages of log-ratios.
 *
 * `regressed`: the first stage says slower at `alphaFirst`, the second, on fresh processes, at `alphaConfirm`, and the estimate of all pairs
 * is above the margin and the floor. `improved`: the same in the other direction. `same`: the interval of all pairs lies within the margin. Everything else
 * is `cannot-tell`. The margin is a ratio: 2 % stands for log-ratios of +-log(1.02).
 * @returns null where there are no pairs
 */
export function judgePaired(
  stages: readonly (WalshAverages | readonly number[])[],
  rule: PairedRule,
): PairedJudgement | null {
  const each = stages.map((stage) => (stage instanceof WalshAverages ? stage.differences : stage));
  const tests = each.map(signedRank);
  const [first, second] = each;
  if (!first || first.length === 0) return null;
  const { gate, margin } = rule;
  const alarms = [firstAlarm(first, rule), ...(second ? [directionOf(second, gate.alphaConfirm)] : [])];
  const pooled = new WalshAverages(each.flat());
  const interval = pooled.interval(gate.confidence);
  const [reach, within] = [reachOf(rule), Math.log1p(margin)];
  const confirmed = alarms.length === 2 && alarms[0] === alarms[1] ? alarms[0] : null;
  let outcome: PairedOutcome = 'cannot-tell';
  if (confirmed === 'slower' && pooled.estimate > reach) outcome = 'regressed';
  else if (confirmed === 'faster' && pooled.estimate < -reach) outcome = 'improved';
  else if (interval.low >= -within && interval.high <= within && pooled.count >= gate.fewestPairs) outcome = 'same';
  return {
    outcome,
    alarms,
    pSlower: tests.map(({ above }) => above),
    pFaster: tests.map(({ below }) => below),
    change: {
      estimate: Math.expm1(pooled.estimate),
      interval: { ...interval, low: Math.expm1(interval.low), high: Math.expm1(interval.high) },
    },
  };
}

function directionOf(differences: readonly number[], alpha: number): Direction | null {
  const { above, below } = signedRank(differences);
  if (above <= alpha) return 'slower';
  return below <= alpha ? 'faster' : null;
}

/**
 * The log-ratio that must be added to every pair of two stages before `judgePaired` calls them regressed, in closed form: each condition is one
 * ordered Walsh average. Null where so few pairs cannot alarm. Ties of |d| count as their mean rank against the distribution without ties.
 */
export function shiftToRegressed(first: WalshAverages, second: WalshAverages, rule: PairedRule) {
  const { gate } = rule;
  const [one, two] = [first.shiftToAlarm(gate.alphaFirst), second.shiftToAlarm(gate.alphaConfirm)];
  if (one === null || two === null) return null;
  const reach = reachOf(rule);
  const pooled = new WalshAverages([...first.differences, ...second.differences]);
  return Math.max(one, two, reach - first.interval(gate.confidence).high, reach - pooled.estimate);
}

/** The share of nights in which the stated smallest slowdown is found. */
export const wantedShare = 0.95;

/**
 * The smallest slowdown that pairs like tonight's would have shown in 95 of 100 nights: each stage is centred on its own estimate, two stages of
 * the first one's length are drawn from all pairs with replacement, and the shift that makes `regressed` of them is noted.
 * @param name of the row: rows draw different numbers
 * @returns a relative change; null where so few pairs cannot alarm
 */
export function couldHaveSeen(
  stages: readonly (readonly number[])[],
  rule: PairedRule,
  name: string,
  repeats = 500,
): number | null {
  const length = stages[0]?.length ?? 0;
  const residuals = stages.flatMap((stage) => centred(stage));
  if (residuals.length < 2) return null;
  const shifts: number[] = [];
  for (let i = 0; i < repeats; i++) {
    const random = new PhiloxRandom(namedKey(rule.gate.seed, 'could-have-seen', name), i);
    const draw = () => new WalshAverages(Array.from({ length }, () => residuals[random.below(residuals.length)]!));
    const shift = shiftToRegressed(draw(), draw(), rule);
    if (shift === null) return null;
    shifts.push(shift);
  }
  return smallestFound(shifts);
}

/** The relative change that `nights` of the nights find, by default `wantedShare` of them, from the shift that each needs. */
export function smallestFound(shifts: readonly number[], nights = Math.ceil(wantedShare * shifts.length)): number {
  const sorted = [...shifts].sort((a, b) => a - b);
  return Math.expm1(sorted[nights - 1]!);
}

/** Differences about their own estimate, widened by sqrt(n / (n - 1)) for the centre that was taken from themselves. */
export function centred(differences: readonly number[]): number[] {
  const { estimate } = new WalshAverages(differences);
  const wider = Math.sqrt(differences.length / Math.max(1, differences.length - 1));
  return differences.map((value) => (value - estimate) * wider);
}
