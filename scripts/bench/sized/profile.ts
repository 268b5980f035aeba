/** @file `npm run bench -- profile`: times of a training step by operations, parts and blocks. */
import { Command } from 'commander';
import { profileStep, type ProfileRow, type StepProfile } from '../../../harness/bench/subjects/step-profile.ts';
import { positive } from '../../../harness/cli/numbers.ts';
import { significant } from '../../../harness/core/units.ts';
import { openDistance } from '../../../harness/run/cell/distance.ts';
import { standardError } from '../../../harness/system/progress.ts';
import { finish, openedPlan, outputOf, percent, withSizedOptions, type SizedOptions } from './options.ts';

/** Rows of a table for people; the document has all. */
const shownRows = 15;

export function profileBench(): Command {
  return withSizedOptions(new Command('profile'))
    .description(
      'where the time of a training step goes: kinds of operations, parts of the step, blocks of the network',
    )
    .option('--runs <number>', 'runs; of each operation the median counts', positive, 5)
    .action(async (options: SizedOptions & { readonly runs: number }) => {
      const { size, runs, threads } = options;
      const written = outputOf(options, 'profile.json');
      const plan = await openedPlan(options);
      const measured = profileStep(plan, await openDistance(plan, standardError()), { runs, threads });
      finish({ size, threads, ...measured }, written, options, () => profileText(measured));
    });
}

function profileText({ stepMilliseconds, operationMilliseconds, ...tables }: StepProfile): string {
  return [
    `step ${significant(stepMilliseconds, 3)} ms, its operations together ${significant(operationMilliseconds, 3)} ms`,
    ...(['kinds', 'parts', 'blocks'] as const).flatMap((name) => ['', ...tableLines(name, tables[name])]),
  ].join('\n');
}

function tableLines(title: string, rows: readonly ProfileRow[]): string[] {
  const line = (what: string, ms: string, share: string, count: string): string =>
    `${what.padEnd(36)} ${ms.padStart(8)} ${share.padStart(8)} ${count.padStart(6)}`;
  const left = rows.length - shownRows;
  return [
    line(title, 'ms', 'share', 'count'),
    ...rows
      .slice(0, shownRows)
      .map(({ what, milliseconds, share, operations }) =>
        line(what, significant(milliseconds, 3), percent(share), String(operations)),
      ),
    ...(left > 0 ? [`and ${left} more (--json has all)`] : []),
  ];
}
