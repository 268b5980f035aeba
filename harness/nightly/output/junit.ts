/** @file Writes a night as JUnit XML: each row a test case, red ones failed, rows left out skipped. */
import type { Night } from '../night.ts';
import { rowVerdicts, type NightVerdict, type RowVerdict } from '../verdict.ts';
import { changeWithInterval, verdictText } from './words.ts';

/**
 * The form that Jenkins, GitLab and the usual publishers read: `testsuites > testsuite > testcase` with `failure`, `skipped` or `system-out`.
 * Source: the schema of Jenkins' xUnit plugin, junit-10.xsd.
 */
export function junitXml(night: Night, verdict: NightVerdict): string {
  const seconds = ((Date.parse(night.ended) - Date.parse(night.begun)) / 1000).toFixed(3);
  const failures = verdict.rows.filter((row) => rowVerdicts[row.verdict].red).length;
  const skipped = verdict.rows.filter((row) => row.verdict === 'left-out').length;
  const counts = `tests="${verdict.rows.length}" failures="${failures}" errors="0" skipped="${skipped}"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="nightly" ${counts} time="${seconds}">`,
    `  <testsuite name="nightly" ${counts} time="${seconds}" timestamp="${escape(night.begun.replace(/\.\d+Z$|Z$/, ''))}">`,
    ...verdict.rows.map((row) => testCase(row, night)),
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

function testCase(row: RowVerdict, night: Night): string {
  const kind = night.plan.rows.find(({ id }) => id === row.id)?.kind ?? 'unplanned';
  const inner = outcome(row);
  const opening = `    <testcase classname="nightly.${kind}" name="${escape(row.id)}"`;
  return `${opening}>${inner}</testcase>`;
}

function outcome(row: RowVerdict): string {
  const { verdict, why, change, since } = row;
  if (verdict === 'left-out') return `<skipped message="${escape(why)}"/>`;
  const details = [why, ...(change ? [changeWithInterval(row)] : []), ...(since ? [`since ${since}`] : [])].join('\n');
  if (rowVerdicts[verdict].red) {
    return `<failure type="${verdict}" message="${escape(`${verdictText(verdict)}: ${why}`)}">${escape(details)}</failure>`;
  }
  return `<system-out>${escape(`${verdictText(verdict)}: ${details}`)}</system-out>`;
}

/** XML 1.0 (section 2.2) has no spelling for most control characters, nor for half a pair: they become the replacement character. */
function escape(text: string): string {
  const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  return text.replace(/(?![\t\n\r])[\p{Cc}\p{Cs}\ufffe\uffff]/gu, '\ufffd').replace(/[&<>"]/g, (one) => entities[one]!);
}
