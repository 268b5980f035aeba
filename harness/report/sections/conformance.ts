/**
 * @file Conformance map as a table: every clause of both papers.
 *
 * A row says where it is, what holds it, and how it is known.
 */
import type { Clause } from '../../recipe/clause.ts';

export interface ConformanceRow {
  readonly clause: string;
  readonly says: string;
  /** Where it is known from. */
  readonly known: string;
  readonly code: readonly string[];
  readonly heldBy: readonly string[];
  readonly deviation: string | null;
}

/** The map, with how many clauses the code departs from. */
export function conformanceMap(clauses: readonly Clause[]): {
  readonly rows: readonly ConformanceRow[];
  readonly count: number;
  readonly departed: number;
  /** Clauses that are known from neither paper nor code. */
  readonly secondHand: number;
} {
  const rows = clauses.map(({ paper, place, says, known, code, heldBy, deviation }) => ({
    clause: `${paper}, ${place}`,
    says,
    known,
    code,
    heldBy,
    deviation,
  }));
  const secondHand = clauses.filter(({ known }) => known === 'read in other texts' || known === 'recalled').length;
  return { rows, count: rows.length, departed: rows.filter(({ deviation }) => deviation !== null).length, secondHand };
}
