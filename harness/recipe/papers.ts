/** @file Type of all published data for a report: numbers, ratios, orders, machines, clauses. */
import type { AblatedChange, Ablation, PublishedEffect } from './ablation.ts';
import type { Claim, OrderClaim, PublishedMachines, PublishedNumber, RatioClaim, Reading } from './claim.ts';
import type { Clause } from './clause.ts';

export interface Papers {
  /** Numbers that recipes are judged by. */
  readonly claims: readonly Claim[];
  readonly ratios: readonly RatioClaim[];
  readonly orders: readonly OrderClaim[];
  readonly readings: readonly Reading[];
  /** Numbers of other works on the same data: context, never judged. */
  readonly otherWorks: readonly PublishedNumber[];
  readonly machines: readonly PublishedMachines[];
  readonly clauses: readonly Clause[];
  /** What is said of each choice, in words. */
  readonly effects: Readonly<Record<AblatedChange, PublishedEffect>>;
  /** Recipes of this project that are one change apart: what those statements are held against. */
  readonly ablations: readonly Ablation[];
}
