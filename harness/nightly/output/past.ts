/** @file Types of the facts of earlier nights that the outputs show beside tonight's. */

/** One earlier night of this machine. */
export interface PastNight {
  /** ISO 8601. */
  readonly begun: string;
  readonly commit: string;
  readonly red: boolean;
  readonly quick: boolean;
  readonly planSha256: string;
  /** The night's own number of a row, in the row's unit, where it was delivered in tonight's version: a median, a count, a mean of scores. */
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
  /** By row: the change by which whole nights without any differ; absent for a row that was not calibrated. */
  readonly floors: Readonly<Record<string, number>>;
}

export interface Past {
  /** Oldest first, without tonight. */
  readonly nights: readonly PastNight[];
  readonly acceptances: readonly Acceptance[];
  readonly changePoints: readonly ChangePoint[];
  /** Null before the first `calibrate` on this machine. */
  readonly calibration: Calibration | null;
}
