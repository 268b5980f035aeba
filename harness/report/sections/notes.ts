/** @file Numbers the warnings of a run as notes and marks the values that each qualifies. */
import { warningText, type Warning } from '../../core/warnings.ts';
import type { Run } from '../../results/run.ts';

export interface Note {
  /** `a`, `b`, ...: the mark beside the number. */
  readonly mark: string;
  readonly text: string;
  /** The metric it qualifies, or every one; null when it qualifies the whole cell. */
  readonly metric: string | null;
  /** The cells that gave it. */
  readonly cells: readonly string[];
}

/** Qualifies every score of its cells. */
const everyMetric = '*';

/** One note per distinct warning, in order of first appearance. Declared deviations have a table of their own. */
export function collectNotes(run: Run): Note[] {
  const found = new Map<string, Pick<Note, 'metric'> & { cells: string[] }>();
  for (const { cell, result } of run.ledger) {
    for (const warning of result?.warnings ?? []) {
      if (warning.kind === 'declared-deviation') continue;
      const text = warningText(warning);
      const known = found.get(text) ?? { metric: metricOf(warning), cells: [] };
      known.cells.push(cell);
      found.set(text, known);
    }
  }
  return [...found].map(([text, { metric, cells }], i) => ({
    mark: markAt(i),
    text,
    metric,
    cells: [...new Set(cells)],
  }));
}

/** The marks of the notes that qualify a metric in any of the cells. */
export function marksFor(notes: readonly Note[], metric: string, cells: readonly string[]): string[] {
  return notes
    .filter(
      (note) =>
        (note.metric === metric || note.metric === everyMetric) && note.cells.some((cell) => cells.includes(cell)),
    )
    .map(({ mark }) => mark);
}

/** The marks of the notes that qualify everything in a cell. */
export function marksOfCell(notes: readonly Note[], cell: string): string[] {
  return notes.filter((note) => note.metric === null && note.cells.includes(cell)).map(({ mark }) => mark);
}

function metricOf(warning: Warning): Note['metric'] {
  if (warning.kind === 'rounded-products') return everyMetric;
  return 'metric' in warning ? warning.metric : null;
}

function markAt(index: number): string {
  const letter = String.fromCharCode(97 + (index % 26));
  return index < 26 ? letter : `${letter}${Math.floor(index / 26)}`;
}
