/** @file Reads from the history what the outputs and the calibration need of earlier nights. */
import { meanOf } from '../judge/statistics.ts';
import type { HistoryEntry, NightHistory } from './history-entry.ts';
import { medianOf } from './judge/measured-row.ts';
import type { Night } from './night.ts';
import type { Past } from './output/past.ts';
import type { NightlyPlan, NightlyRow } from './row.ts';
import type { RecordedRow } from './statistics/calibrate.ts';
import { changesOver } from './statistics/change-points.ts';
import { logRatios } from './statistics/gate.ts';

type Calibrated = Extract<HistoryEntry, { kind: 'calibration' }>;

/**
 * What the outputs of a night show of those before it: values of rows that are planned tonight in the same version, every acceptance, the newest
 * calibration. Lasting changes are looked for with tonight as the last night.
 */
export function pastOf(night: Night, { entries }: NightHistory): Past {
  const calibrated = entries.findLast((entry) => entry.kind === 'calibration');
  const nights = entries.flatMap((entry) => (entry.kind === 'night' ? entry : []));
  const all = [...nights.map((entry) => entry.night), night];
  return {
    nights: nights.map(({ night: past, red }) => ({
      begun: past.begun,
      commit: past.build.commit,
      red,
      quick: past.quick,
      planSha256: past.planSha256,
      values: Object.fromEntries(night.plan.rows.flatMap((row) => entryOf(past, row))),
    })),
    acceptances: entries.flatMap((entry) => {
      if (entry.kind !== 'acceptance') return [];
      const { at, row, why, commit } = entry;
      return [{ at, row, why, commit }];
    }),
    changePoints: night.plan.rows.flatMap((row) => {
      const values = all.flatMap((one) => {
        const value = numberOf(one, row);
        return value === null ? [] : [{ begun: one.begun, commit: one.build.commit, value }];
      });
      return changesOver(values, row.id, night.plan.gate.seed).map((change) => ({ row: row.id, ...change }));
    }),
    calibration: calibrated ? ofRows(calibrated, night) : null,
  };
}

/** A row that measures something else now is not the one that was calibrated. */
function ofRows({ at, calibration }: Calibrated, { plan }: Night): Past['calibration'] {
  const { nights, falseAlarms, rows } = calibration;
  const known = rows.filter(({ id, version }) => plan.rows.some((row) => row.id === id && row.version === version));
  return {
    at,
    simulatedNights: nights,
    falseAlarms: falseAlarms.count,
    smallestFound: Object.fromEntries(known.map(({ id, smallestFound }) => [id, smallestFound])),
    floors: Object.fromEntries(known.flatMap(({ id, floor }) => (floor === undefined ? [] : [[id, floor]]))),
  };
}

function entryOf(night: Night, row: NightlyRow): [string, number][] {
  const value = numberOf(night, row);
  return value === null ? [] : [[row.id, value]];
}

/** The number of a row on a night, of the same version: a median of values, a count, a mean of scores; null of hashes. */
export function numberOf(night: Night, row: NightlyRow): number | null {
  if (!night.plan.rows.some(({ id, version }) => id === row.id && version === row.version)) return null;
  const delivery = night.deliveries[row.id];
  if (delivery?.kind === 'count') return delivery.tonight.value;
  if (delivery?.kind === 'quality' && delivery.seeds.length > 0) {
    return meanOf(delivery.seeds.map(({ tonight }) => tonight));
  }
  return medianOf(night, row);
}

export interface Recorded {
  readonly rows: readonly RecordedRow[];
  /** Rows of speed and memory of which no night measured a build beside itself. */
  readonly without: readonly string[];
}

/** Of a sitting that says something of noise and shift. */
const fewestRecorded = 5;

/** Share of the processors that others may take on a night that stands for the noise of a machine: jobs of a night have it for themselves. */
const quiet = 0.1;

/**
 * What nights recorded that measured a build beside itself: for each row of the plan its stages, each a sitting. Stages of fewer than
 * five pairs are left out, nights with uncommitted changes, whose builds differ, and nights on which others kept the machine busy.
 */
export function recordedPairs(nights: readonly Night[], { rows }: NightlyPlan): Recorded {
  const twins = nights.filter(
    ({ build, against, foreignProcessorShare }) =>
      !build.dirty &&
      'build' in against &&
      against.build.commit === build.commit &&
      (foreignProcessorShare === null || foreignProcessorShare <= quiet),
  );
  const found = rows.flatMap((row): RecordedRow[] => {
    if (row.kind !== 'speed' && row.kind !== 'memory') return [];
    const { id, version, margin } = row;
    const sittings = twins.flatMap(({ plan, deliveries }) => {
      const delivery = deliveries[id];
      if (delivery?.kind !== 'paired' || !plan.rows.some((one) => one.id === id && one.version === version)) return [];
      return delivery.stages.map(logRatios).filter(({ length }) => length >= fewestRecorded);
    });
    return [{ id, version, margin, sittings }];
  });
  return {
    rows: found.filter(({ sittings }) => sittings.length > 0),
    without: found.filter(({ sittings }) => sittings.length === 0).map(({ id }) => id),
  };
}
