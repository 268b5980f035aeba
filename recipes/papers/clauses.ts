/** @file Conformance map: every clause of both papers as data, and the table in README.md. */
import type { Clause } from '../../harness/recipe/clause.ts';
import { ctClauses } from './ct-clauses.ts';
import { ictClauses } from './ict-clauses.ts';

/** One row per clause, in the order of the papers. */
export const clauses: readonly Clause[] = [...ctClauses, ...ictClauses];

const begin = '<!-- conformance map: begin -->';
const end = '<!-- conformance map: end -->';

/**
 * The text of a document with the table of all clauses between its two markers.
 * Source: none; a view of the data above.
 * @throws Error when the markers are missing
 */
export function withClauseTable(document: string): string {
  const from = document.indexOf(begin);
  const to = document.indexOf(end);
  if (from < 0 || to < from) throw new Error(`a document without "${begin}" and "${end}"`);
  return `${document.slice(0, from + begin.length)}\n\n${clauseTable()}\n\n${document.slice(to)}`;
}

/**
 * A Markdown table with one row per clause.
 * Source: none; a view of the data above.
 */
function clauseTable(): string {
  const rows = clauses.map(({ paper, place, says, known, code, heldBy, deviation }) => [
    `${paper}, ${place}`,
    says,
    known,
    code.map((name) => `\`${name}\``).join('<br>'),
    heldBy.map(shown).join('<br>'),
    deviation ?? 'none',
  ]);
  const head = ['Clause', 'It says', 'Known', 'In the code', 'Held by', 'Deviation'];
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function shown(holder: string): string {
  const [file, title] = holder.split(' > ');
  return title === undefined ? `case \`${holder}\`` : `\`${file ?? ''}\`: ${title}`;
}
