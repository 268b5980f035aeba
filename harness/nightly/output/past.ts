/** @file Facts of earlier nights that the outputs show beside tonight's. */
import type { NightHistory } from '../history-entry.ts';
import type { Delivery, Night } from '../night.ts';
import { quantile } from './quantile.ts';

/** One earlier night of this machine. */
export interface PastNight {
  /** ISO 8601. */
  readonly begun: string;
  readonly commit: string;
  readonly red: boolean;
  readonly quick: boolean;
  readonly planSha256: string;
  /** Median of the night's own values of a row, in the row's unit; no entry where it was not delivered. */
  readonly values: Readonly<Record<string, number>>;
}

/** A change that was accepted: `accept <row> --why "..."`. */
interface Acceptance {
  /** ISO 8601. */
  readonly at: string;
  readonly row: string;
  readonly why: string;
  readonly commit: string;
}

/** A lasting change of a row over the nights. */
export interface ChangePoint {
  readonly row: string;
  /** Beginning of the first night after the change. */
  readonly night: string;
  /** Commits between the two nights, oldest first; the night's own where it is the only one. */
  readonly commits: readonly string[];
  /** Relative: median after over median before - 1. */
  readonly change: number;
}

/** What the gate is worth on this machine, found by letting it judge itself. */
export interface Calibration {
  readonly at: string;
  /** Simulated nights on which nothing had changed, and those of them that were red. */
  readonly simulatedNights: number;
  readonly falseAlarms: number;
  /** By row: the smallest relative slowdown that was found on 95 nights in 100; null where none of those tried was. */
  readonly smallestFound: Readonly<Record<string, number | null>>;
}

export interface Past {
  /** Oldest first, without tonight. */
  readonly nights: readonly PastNight[];
  readonly acceptances: readonly Acceptance[];
  readonly changePoints: readonly ChangePoint[];
  /** Null before the first `calibrate` on this machine. */
  readonly calibration: Calibration | null;
}

/**
 * What the outputs show of a history: values of rows that are planned tonight in the same version, every acceptance, the newest calibration.
 * @param changePoints as found over the same nights
 */
export function pastOf(night: Night, { entries }: NightHistory, changePoints: readonly ChangePoint[]): Past {
  const versions = new Map(night.plan.rows.map(({ id, version }) => [id, version]));
  const calibrated = entries.findLast((entry) => entry.kind === 'calibration');
  return {
    nights: entries.flatMap((entry) => {
      if (entry.kind !== 'night') return [];
      const { build, quick, planSha256, plan, deliveries, begun } = entry.night;
      const values = plan.rows.flatMap(({ id, version }) => {
        const value = versions.get(id) === version ? medianOf(deliveries[id]) : null;
        return value === null ? [] : [[id, value] as const];
      });
      return [{ begun, commit: build.commit, red: entry.red, quick, planSha256, values: Object.fromEntries(values) }];
    }),
    acceptances: entries.flatMap((entry) => {
      if (entry.kind !== 'acceptance') return [];
      const { at, row, why, commit } = entry;
      return [{ at, row, why, commit }];
    }),
    changePoints,
    calibration: calibrated
      ? {
          at: calibrated.at,
          simulatedNights: calibrated.calibration.falseAlarms.of,
          falseAlarms: calibrated.calibration.falseAlarms.count,
          // A row that measures something else now is not the one that was calibrated.
          smallestFound: Object.fromEntries(
            calibrated.calibration.rows
              .filter(({ id, version }) => versions.get(id) === version)
              .map(({ id, smallestFound }) => [id, smallestFound]),
          ),
        }
      : null,
  };
}

/** The middle of a build's own values of a row: of a count the number; null for exact rows and where nothing was delivered. */
export function medianOf(delivery: Delivery | undefined): number | null {
  if (delivery?.kind === 'count') return delivery.tonight.value;
  const values =
    delivery?.kind === 'paired'
      ? delivery.stages.flat().map(({ tonight }) => tonight)
      : delivery?.kind === 'quality'
        ? delivery.seeds.map(({ tonight }) => tonight)
        : [];
  return values.length === 0 ? null : quantile(values, 0.5);
}
