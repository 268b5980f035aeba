/** @file Conformance reports as text and JSON. */
import { significant } from '../core/units.ts';
import type { CaseReport } from './runner.ts';

/** One line: outcome, kind, id, largest error as a share of its tolerance, and where it is. */
export function caseLine({ outcome, kind, id, share, worst }: CaseReport): string {
  const word = outcome === 'passed' ? 'pass' : outcome === 'failed' ? 'FAIL' : outcome.toUpperCase();
  const size = share === null ? '-' : significant(share, 3);
  return [word.padEnd(9), kind.padEnd(18), id.padEnd(44), size.padStart(9), '', worst].join(' ').trimEnd();
}

/** `N passed, N failed`: whatever did not pass has failed. */
export function summaryLine(reports: readonly CaseReport[]): string {
  const passed = reports.filter(({ outcome }) => outcome === 'passed').length;
  return `${passed} passed, ${reports.length - passed} failed`;
}

/** The same for machines. */
export function conformanceJson(reports: readonly CaseReport[]): string {
  const passed = reports.filter(({ outcome }) => outcome === 'passed').length;
  return JSON.stringify({ passed, failed: reports.length - passed, cases: reports }, null, 2);
}
