/** @file What is published, as the report is given it: the numbers that recipes are judged by, and the clauses that the code follows. */
import type { Claim } from './claim.ts';
import type { Clause } from './clause.ts';

export interface Papers {
  readonly claims: readonly Claim[];
  readonly clauses: readonly Clause[];
}
