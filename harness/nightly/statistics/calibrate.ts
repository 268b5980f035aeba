/** @file Simulates nights on which nothing changed from recorded pairs: false alarms, and what is found. */
import { namedKey, PhiloxRandom } from '../../core/philox.ts';
import type { Interval } from '../../judge/statistics.ts';
import { incompleteBeta } from '../../judge/student-t.ts';
import { erf } from '../../method/error-function.ts';
import type { Gate } from '../row.ts';
import {
  centred,
  firstAlarm,
  judgePaired,
  shiftToRegressed,
  smallestFound,
  wantedShare,
  wantsMore,
  type PairedRule,
} from './gate.ts';
import { WalshAverages } from './signed-rank.ts';

/** The pairs of one row on which both builds were the same: one list of log-ratios for each stage that was recorded. */
export interface RecordedRow {
  readonly id: string;
  readonly version: number;
  readonly margin: number;
  readonly sittings: readonly (readonly number[])[];
}

/** A share with the Clopper-Pearson interval of its rate. */
export interface Proportion {
  readonly count: number;
  readonly of: number;
  readonly rate: number;
  readonly interval: Interval;
}

interface CalibratedRow {
  readonly id: string;
  readonly version: number;
  /** Recorded sittings and pairs that the simulation draws from. */
  readonly sittings: number;
  readonly pairs: number;
  /** Half the central 68 % of the centred log-ratios: their standard deviation if they were normal. */
  readonly noise: number;
  /** Standard deviation of what a whole sitting is shifted by, beyond what its own pairs explain. */
  readonly offset: number;
  /** Simulated nights on which the row was called regressed. */
  readonly falseAlarms: Proportion;
  /**
   * Relative change up to which a confirmed one is not called a change of the build on this machine: beyond the largest that a simulated night
   * without any showed. Zero where none was confirmed; absent in calibrations of before.
   */
  readonly floor?: number;
  /**
   * The smallest relative slowdown that is called regressed on 95 of 100 nights at least, as surely as so many simulated nights can tell; null
   * where so few pairs cannot alarm.
   */
  readonly smallestFound: number | null;
  /** Nights of other draws, slowed down by just that, on which the row was called regressed. */
  readonly found: Proportion | null;
}

export interface Calibration {
  readonly seed: number;
  /** Simulated nights. */
  readonly nights: number;
  /** Nights on which the first stage of any row said "slower". */
  readonly firstStage: Proportion;
  /** Nights on which the second stage of such a row said it too. */
  readonly confirmed: Proportion;
  /** Nights on which any row was called regressed: the suite's false alarms. */
  readonly falseAlarms: Proportion;
  readonly rows: readonly CalibratedRow[];
}

/** Neighbouring pairs that are drawn together, so that what lasts for some minutes does so in the simulation. */
const blockPairs = 4;

/** Nights from which the smallest slowdown found is read, and nights that try it: a rate of 95 % is then known to one per cent. */
const nightsOfPower = 2_000;

/** A floor is so much more than the largest change of nights on which nothing changed: other nights show larger ones. */
const floorReserve = 1.25;

/** Confidence of the stated rates. */
const confidence = 0.95;

/** Draws log-ratios of one stage, one after another. */
export type Source = (random: PhiloxRandom) => () => number;

/**
 * Simulates nights from what was recorded while both builds were the same, by the gate's own code.
 *
 * A stage draws a sitting, takes blocks of neighbouring residuals from it with replacement, and adds what a sitting is shifted by as a whole:
 * the sittings' estimates, shrunk to the variance that their own pairs do not explain, with a random sign, for the two builds are one.
 * Source: Carpenter, Goldstein & Rasbash, Applied Statistics 52 (2003), for shrunk residuals of groups; Kunsch, Annals of Statistics 17 (1989),
 * for blocks. Rows are drawn independently of each other. First the floor of each row is found, then its false alarms and what it finds, on other nights.
 */
export function calibrate(rows: readonly RecordedRow[], gate: Gate, nights = 10_000): Calibration {
  const sources = rows.map((row) => {
    const model = { ...row, ...modelOf(row.sittings) };
    return { ...model, floor: floorOf(model, gate, nights) };
  });
  const simulated = simulateNights(sources, gate, nights);
  return {
    seed: gate.seed,
    nights,
    firstStage: simulated.firstStage,
    confirmed: simulated.confirmed,
    falseAlarms: simulated.falseAlarms,
    rows: sources.map(({ id, version, sittings, noise, offset, floor }, i) => ({
      id,
      version,
      sittings: sittings.length,
      pairs: sittings.reduce((sum, sitting) => sum + sitting.length, 0),
      noise,
      offset,
      floor,
      ...simulated.rows[i]!,
    })),
  };
}

export interface SimulatedNights extends Pick<Calibration, 'firstStage' | 'confirmed' | 'falseAlarms'> {
  readonly rows: readonly Pick<CalibratedRow, 'falseAlarms' | 'smallestFound' | 'found'>[];
}

interface SimulatedRow extends Pick<RecordedRow, 'id' | 'margin'> {
  /** Absent: zero. */
  readonly floor?: number;
  readonly source: Source;
}

/** The largest change that both stages confirm on nights without any, in either direction, and a reserve; zero where there is none. */
function floorOf({ id, margin, source }: SimulatedRow, gate: Gate, nights: number): number {
  const rule = { gate, margin };
  let largest = 0;
  for (let night = 0; night < nights; night++) {
    const random = new PhiloxRandom(namedKey(gate.seed, 'calibrate-floor', id), night);
    const first = stageOf(source(random), rule);
    if (firstAlarm(first, rule) === null) continue;
    const judged = judgePaired([first, stageOf(source(random), rule)], rule)!;
    if (judged.alarms[0] === judged.alarms[1])
      largest = Math.max(largest, Math.abs(Math.log1p(judged.change.estimate)));
  }
  return Math.expm1(floorReserve * largest);
}

/** Lets the gate judge nights whose pairs come from the sources, and counts its alarms; a night has every row once. */
export function simulateNights(rows: readonly SimulatedRow[], gate: Gate, nights: number): SimulatedNights {
  const suite = { first: new Uint8Array(nights), confirmed: new Uint8Array(nights), regressed: new Uint8Array(nights) };
  const each = rows.map(({ id, margin, floor = 0, source }) => {
    const rule = { gate, margin, floor };
    const shifts: (number | null)[] = [];
    let regressed = 0;
    for (let night = 0; night < nights; night++) {
      const random = new PhiloxRandom(namedKey(gate.seed, 'calibrate', id), night);
      const first = stageOf(source(random), rule);
      // The second stage is run on the alarm of the plan's margin: the night does not know of floors.
      const alarm = firstAlarm(first, { gate, margin }) === 'slower';
      if (!alarm && night >= nightsOfPower) continue;
      const second = stageOf(source(random), rule);
      if (night < nightsOfPower) shifts.push(shiftToRegressed(first, second, rule));
      if (!alarm) continue;
      const judged = judgePaired([first, second], rule)!;
      suite.first[night] = 1;
      if (judged.alarms[1] === 'slower') suite.confirmed[night] = 1;
      if (judged.outcome !== 'regressed') continue;
      suite.regressed[night] = 1;
      regressed += 1;
    }
    const sizes = [shifts, ...furtherSets.map((set) => shiftsOf(`${set} ${id}`, source, rule, shifts.length))].map(
      sizeOf,
    );
    const smallest = sizes.some((size) => size === null) ? null : Math.max(...(sizes as number[]));
    const found = smallest === null ? null : nightsFound({ id, source, slowdown: smallest }, rule, shifts.length);
    return { falseAlarms: proportion(regressed, nights), smallestFound: smallest, found };
  });
  const share = (flags: Uint8Array): Proportion =>
    proportion(
      flags.reduce((sum, flag) => sum + flag, 0),
      nights,
    );
  return {
    firstStage: share(suite.first),
    confirmed: share(suite.confirmed),
    falseAlarms: share(suite.regressed),
    rows: each,
  };
}

/**
 * The size is read from three sets of nights and is the largest: where recorded sittings are few and unlike, one set may leave out the rare night that needs
 * more.
 */
const furtherSets = ['calibrate-size', 'calibrate-size-again'] as const;

function shiftsOf(name: string, source: Source, rule: PairedRule, nights: number): (number | null)[] {
  return Array.from({ length: nights }, (_, night) => {
    const random = new PhiloxRandom(namedKey(rule.gate.seed, name), night);
    const first = stageOf(source(random), rule);
    return shiftToRegressed(first, stageOf(source(random), rule), rule);
  });
}

/** Null where so few pairs cannot alarm. */
function sizeOf(shifts: readonly (number | null)[]): number | null {
  const known = shifts.filter((shift) => shift !== null);
  return known.length < shifts.length ? null : smallestFound(known, sureNights(known.length));
}

/** Of so many nights how many must find a slowdown before it is found on `wantedShare` of all nights, with the confidence of the stated rates. */
function sureNights(of: number): number {
  let count = Math.ceil(wantedShare * of);
  while (count < of && proportion(count, of).interval.low < wantedShare) count += 1;
  return count;
}

function nightsFound(
  { id, source, slowdown }: { readonly id: string; readonly source: Source; readonly slowdown: number },
  rule: PairedRule,
  nights: number,
): Proportion {
  // Resampled pairs repeat: at the size itself many nights stand on the edge, on either side of which rounding may put them.
  const shift = Math.log1p(slowdown) + 1e-12;
  let count = 0;
  for (let night = 0; night < nights; night++) {
    const random = new PhiloxRandom(namedKey(rule.gate.seed, 'calibrate-found', id), night);
    const stage = (): WalshAverages => {
      const draw = source(random);
      return stageOf(() => draw() + shift, rule);
    };
    const first = stage();
    if (firstAlarm(first, rule) === 'slower' && judgePaired([first, stage()], rule)!.outcome === 'regressed')
      count += 1;
  }
  return proportion(count, nights);
}

function stageOf(draw: () => number, rule: PairedRule): WalshAverages {
  const stage = new WalshAverages();
  while (wantsMore(stage, rule)) stage.add(draw());
  return stage;
}

/** What the recorded sittings say of the noise of a pair and of a whole sitting. */
function modelOf(sittings: readonly (readonly number[])[]): { source: Source; noise: number; offset: number } {
  const residuals = sittings.map((sitting) => centred(sitting));
  const averages = sittings.map((sitting) => new WalshAverages(sitting));
  const estimates = averages.map(({ estimate }) => estimate);
  const explained = meanOfSquares(averages.map(standardError));
  const seen = meanOfSquares(estimates);
  const excess = Math.max(0, seen - explained);
  const shrunk = seen > 0 ? Math.sqrt(excess / seen) : 0;
  const source: Source = (random) => {
    const at = random.below(sittings.length);
    const pairs = residuals[at]!;
    const shift = (random.uniform() < 0.5 ? -1 : 1) * shrunk * estimates[at]!;
    let position = 0;
    let left = 0;
    return () => {
      if (left === 0) {
        position = random.below(pairs.length);
        left = blockPairs;
      }
      left -= 1;
      return shift + pairs[position++ % pairs.length]!;
    };
  };
  return { source, noise: centralHalfWidth(residuals.flat()), offset: Math.sqrt(excess) };
}

/** Of the Hodges-Lehmann estimate, from the width of its interval. */
function standardError(averages: WalshAverages): number {
  const { low, high, confidence: reached } = averages.interval(0.95);
  return (high - low) / (2 * normalQuantile(reached));
}

/** The z with P(|Z| <= z) = `share`. */
function normalQuantile(share: number): number {
  return solve((z) => erf(z / Math.SQRT2) - share, 0, 40);
}

function centralHalfWidth(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.round(share * (sorted.length - 1))] ?? 0;
  return (at(0.8413) - at(0.1587)) / 2;
}

function meanOfSquares(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value * value, 0) / values.length;
}

/**
 * A share of independent trials with its exact interval: the rates at which so many or more, and so many or fewer, are just not too rare.
 * Source: Clopper & Pearson, Biometrika 26 (1934).
 */
export function proportion(count: number, of: number): Proportion {
  const tail = (1 - confidence) / 2;
  const low = count === 0 ? 0 : solve((p) => incompleteBeta(p, 1 - p, count, of - count + 1) - tail, 0, 1);
  const high = count === of ? 1 : solve((p) => incompleteBeta(p, 1 - p, count + 1, of - count) - (1 - tail), 0, 1);
  return { count, of, rate: count / of, interval: { low, high, confidence } };
}

/** The root of a rising function, to the last bit that bisection can separate. */
function solve(rising: (x: number) => number, from: number, to: number): number {
  let [low, high] = [from, to];
  for (;;) {
    const middle = (low + high) / 2;
    if (middle <= low || middle >= high) return middle;
    if (rising(middle) < 0) low = middle;
    else high = middle;
  }
}
