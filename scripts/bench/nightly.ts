/**
 * @file Command `npm run nightly`: measures this build beside an earlier one and judges every row.
 *
 * The same hour, machine and rows for both; see harness/nightly/README.md.
 */
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { runCommand } from '../../harness/cli/command.ts';
import { deviceOption } from '../../harness/cli/device-option.ts';
import { positive } from '../../harness/cli/numbers.ts';
import { list } from '../../harness/cli/plan-options.ts';
import { systemClock } from '../../harness/core/clock.ts';
import type { DeviceChoice } from '../../harness/core/device.ts';
import { detectedDevice } from '../../harness/engine/device.ts';
import { commitNamed, requireCommit, withBuild } from '../../harness/nightly/measure/builds.ts';
import { pairJudge } from '../../harness/nightly/measure/paired.ts';
import { chooseRows } from '../../harness/nightly/measure/selection.ts';
import { askingProcesses, type Side } from '../../harness/nightly/measure/side.ts';
import { nightFileName, planFileName, takeNight, type Against } from '../../harness/nightly/measure/take-night.ts';
import { beginBudget } from '../../harness/nightly/measure/time-left.ts';
import { nightlyPlanSchema } from '../../harness/nightly/row.ts';
import { checkoutState } from '../../harness/results/origin/checkout.ts';
import { passSignals } from '../../harness/run/signals.ts';
import { writeJsonAtomically } from '../../harness/system/files/atomic-file.ts';
import { requireOutputFile } from '../../harness/system/files/output-file.ts';
import { requireTemporaryFolder } from '../../harness/system/files/writable-folder.ts';
import { standardError } from '../../harness/system/progress.ts';
import { nightlyPlan } from '../../recipes/nightly.ts';

interface Options {
  readonly against?: string;
  readonly history: string;
  readonly budget?: number;
  readonly only?: string[];
  readonly quick?: true;
  readonly out?: string;
  readonly device: DeviceChoice;
  readonly json?: true;
}

const root = resolve(import.meta.dirname, '../..');

/** Minutes of a night where none are named. */
const budgets = { quick: 5, night: 40 } as const;
/** Of a checkout and of the cells that are trained in it. */
const temporaryBytes = 500e6;
/** Exit code of a command that Ctrl-C ended, as shells have it. */
const interrupted = 130;

const command = new Command('npm run nightly --')
  .description(
    'Measures this build beside an earlier one in the same hour, and says what changed, with its error rate.',
  )
  .option('--against <ref>', 'the earlier build, or none; by default the last good night, else the commit before')
  .option('--history <folder>', 'where nights are kept', join('runs', 'nightly', 'history'))
  .option(
    '--budget <minutes>',
    `minutes for everything (default: ${budgets.night}, with --quick ${budgets.quick})`,
    positive,
  )
  .option('--only <ids>', 'rows or groups, separated by commas', list)
  .option('--quick', 'rows that need no training of cells: for pull requests')
  .option('--out <folder>', 'where the night is written (default: runs/nightly/<time>)')
  .addOption(deviceOption())
  .option('--json', 'print one JSON document in place of text')
  .addHelpText('after', '\nExit code 0: green; 1: red; 65: a mistake of the command line; 130: stopped.')
  .action(night);

async function night(options: Options): Promise<void> {
  const output = standardError();
  const say = (text: string): void => void output.write(`${text}\n`);
  const plan = nightlyPlanSchema.parse(nightlyPlan);
  const quick = options.quick ?? false;
  const device = detectedDevice(options.device);
  const selection = chooseRows(plan, { only: options.only ?? null, quick, device });
  const { commit, dirty } = checkoutState(root);
  const tonight = { root, commit: requireCommit(commit, root), dirty: dirty ?? true };
  const ref = options.against ?? 'HEAD~1';
  const earlier = ref === 'none' ? null : commitNamed(root, ref);
  const folder = resolve(
    options.out ?? join('runs', 'nightly', systemClock.date().toISOString().replaceAll(/[:.]/g, '-')),
  );
  for (const name of [planFileName, nightFileName]) requireOutputFile(join(folder, name));
  requireTemporaryFolder(temporaryBytes);
  const time = beginBudget(
    options.budget ?? budgets[quick ? 'quick' : 'night'],
    selection.rows,
    plan.gate,
    systemClock,
  );
  if (tonight.dirty) say('files differ from the commit: the night is stamped, and nothing will be walked back to it');
  const stopping = new AbortController();
  const release = passSignals((signal) => {
    if (stopping.signal.aborted) process.exit(interrupted);
    stopping.abort(new Error(`stopped by ${signal}`));
  });
  const take = (against: Against) =>
    takeNight({
      plan,
      selection,
      quick,
      tonight,
      against,
      ask: askingProcesses(device, stopping.signal),
      judge: pairJudge,
      time,
      folder,
      clock: systemClock,
      say,
    });
  try {
    const taken =
      earlier === null
        ? await take({ ref: null, why: 'none was asked for' })
        : await withBuild(root, earlier, { signal: stopping.signal, say }, (build) => take(asAgainst(ref, build)));
    writeJsonAtomically(join(folder, nightFileName), taken);
    console.log(options.json ? JSON.stringify(taken, null, 2) : `The night is in ${folder}`);
  } catch (thrown) {
    if (!stopping.signal.aborted) throw thrown;
    say('stopped: nothing was added to the history');
    process.exitCode = interrupted;
  } finally {
    release();
  }
}

function asAgainst(ref: string, build: Side | { readonly why: string }): Against {
  return 'why' in build ? { ref, why: build.why } : { ref, build };
}

await runCommand(command);
