/** @file The conformance map as a table of the page: every clause of both papers, where it is, what holds it, where it is departed from. */
import type { Clause } from '../../recipe/clause.ts';

export interface ConformanceRow {
  readonly clause: string;
  readonly says: string;
  readonly code: readonly string[];
  readonly heldBy: readonly string[];
  readonly deviation: string | null;
}

/** The map, with how many clauses the code departs from. */
export function conformanceMap(clauses: readonly Clause[]): {
  readonly rows: readonly ConformanceRow[];
  readonly count: number;
  readonly departed: number;
} {
  const rows = clauses.map(({ paper, place, says, code, heldBy, deviation }) => ({
    clause: `${paper}, ${place}`,
    says,
    code,
    heldBy,
    deviation,
  }));
  return { rows, count: rows.length, departed: rows.filter(({ deviation }) => deviation !== null).length };
}
