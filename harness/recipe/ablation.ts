/** @file Types of an ablation: pairs of recipes that are one change apart, and what a paper says of it. */
import type { Confidence } from './claim.ts';
import type { DatasetId } from './dataset.ts';
import type { ChoiceName } from './diff.ts';

/** One of the five choices, or everything else in which two methods differ. */
export type AblatedChange = 'tuning' | ChoiceName;

/** Two recipes that differ in one change alone. */
export interface AblationStep {
  readonly change: AblatedChange;
  /** Id of the recipe that has the change not yet, or no longer. */
  readonly without: string;
  /** Id of the recipe that has it. */
  readonly with: string;
}

/** The way between two recipes, walked from the one end by adding and from the other by leaving out. */
export interface Ablation {
  readonly dataset: DatasetId;
  /** Ids of the two ends. */
  readonly from: string;
  readonly to: string;
  /** From `from` to `to`, each change on top of those before it. */
  readonly added: readonly AblationStep[];
  /** `to` beside `to` without one choice. */
  readonly removed: readonly AblationStep[];
}

/** What a paper says a change does: the direction alone, since its numbers are of other data and networks. */
export interface PublishedEffect {
  readonly says: string;
  readonly source: string;
  readonly confidence: Confidence;
}
