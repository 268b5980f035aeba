/** @file Writes a night as Markdown for the summary of a job: headline first, red rows first. */
import { percentText } from '../../report/words/numbers.ts';
import type { Night } from '../night.ts';
import { rowVerdicts, type NightVerdict, type RowVerdict } from '../verdict.ts';
import type { Past } from './past.ts';
import {
  againstText,
  buildText,
  calibrationText,
  changeWithInterval,
  commitText,
  dayText,
  redFirst,
  smallestFoundText,
  judgedRows,
  leftOutLines,
  verdictText,
} from './words.ts';

/** The same night gives the same bytes. */
export function summaryMarkdown(night: Night, verdict: NightVerdict, past: Past): string {
  const rows = redFirst(verdict.rows);
  return [
    `# Night ${dayText(night.begun)}: ${verdict.red ? 'red' : 'green'}`,
    `**${escape(verdict.headline)}**`,
    rows
      .filter((row) => rowVerdicts[row.verdict].red)
      .map(redLine)
      .join('\n'),
    [
      '| row | verdict | change | would have been seen tonight | found 95 times in 100 here | why |',
      '| --- | --- | ---: | ---: | ---: | --- |',
      ...judgedRows(rows).map((row) => tableLine(row, past)),
    ].join('\n'),
    leftOutLines(rows).map(escape).join('\n\n'),
    changePointLines(past),
    `${escape(calibrationText(past.calibration))}.`,
    `Build ${escape(buildText(night))}; against ${escape(againstText(night))}. Plan \`${night.planSha256.slice(0, 12)}\`, machine \`${night.machine.fingerprint.slice(0, 12)}\` (${escape(night.machine.cpuModel)}, ${night.machine.cores} cores).`,
  ]
    .filter((part) => part !== '')
    .join('\n\n')
    .concat('\n');
}

function redLine({ id, verdict, why, since }: RowVerdict): string {
  return `- **${escape(id)} ${verdictText(verdict)}**: ${escape(why)}${since ? ` (since \`${commitText(since)}\`)` : ''}`;
}

function tableLine(row: RowVerdict, past: Past): string {
  const { id, verdict, why, couldHaveSeen } = row;
  const name = rowVerdicts[verdict].red ? `**${verdictText(verdict)}**` : verdictText(verdict);
  const seen = couldHaveSeen === null ? '\u2013' : percentText(Number(couldHaveSeen.toPrecision(2)));
  const cells = [changeWithInterval(row), seen, smallestFoundText(past.calibration, id), why].map(escape);
  return `| ${[escape(id), name, ...cells].join(' | ')} |`;
}

function changePointLines({ changePoints }: Past): string {
  return changePoints
    .map(
      ({ row, night, change, commits }) =>
        `- ${escape(row)} is ${change > 0 ? 'larger' : 'smaller'} by ${percentText(Math.abs(Number(change.toPrecision(2))))} since the night of ${dayText(night)} (${commits.map((one) => `\`${commitText(one)}\``).join(', ')})`,
    )
    .join('\n');
}

/** Names and reasons come from files and builds: nothing in them may become markup. */
function escape(text: string): string {
  // Of control characters Markdown has no spelling.
  return text.replace(/\p{Cc}/gu, ' ').replace(/[\\`*_{}[\]<>|#&@]/g, (character) => `\\${character}`);
}
