/** @file Types of a night's verdict: one per row, and whether the night is red. */
import type { Interval } from '../judge/statistics.ts';

/**
 * `same`, `improved`, `regressed`, `cannot-tell` of paired rows and quality; `equal`, `changed` of exact rows and counts, of which a better one is
 * `improved`; `accepted`: as an entry of the history accepts it;
 * `missing`: planned, not delivered; `vanished`: in history, no longer planned; `new`: nothing to compare with yet; `left-out`: not asked for.
 */
export const rowVerdicts = {
  equal: { red: false },
  same: { red: false },
  improved: { red: false },
  accepted: { red: false },
  new: { red: false },
  'left-out': { red: false },
  'cannot-tell': { red: false },
  changed: { red: true },
  regressed: { red: true },
  missing: { red: true },
  vanished: { red: true },
} as const satisfies Readonly<Record<string, { readonly red: boolean }>>;
export type RowVerdictKind = keyof typeof rowVerdicts;

export interface RowVerdict {
  readonly id: string;
  readonly verdict: RowVerdictKind;
  /** One sentence: what was found, with its numbers. */
  readonly why: string;
  /** Of paired rows and quality: tonight over earlier - 1, relative; null where nothing was paired. */
  readonly change: { readonly estimate: number; readonly interval: Interval } | null;
  /** The smallest slowdown that tonight's pairs would have shown 95 times in 100; null where it is not known. */
  readonly couldHaveSeen: number | null;
  /** Since which commit, where it is known. */
  readonly since: string | null;
}

export interface NightVerdict {
  readonly red: boolean;
  /** The verdict of the night in one sentence. */
  readonly headline: string;
  readonly rows: readonly RowVerdict[];
}
