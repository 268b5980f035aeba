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
import { EngineError, UsageError, described, exitCodes } from '../../harness/core/errors.ts';
import { suggestion } from '../../harness/core/suggest.ts';
import { significant } from '../../harness/core/units.ts';
import { detectedDevice } from '../../harness/engine/device.ts';
import { acceptanceOf } from '../../harness/nightly/accept.ts';
import type { HistoryEntry } from '../../harness/nightly/history-entry.ts';
import { holdHistory, machinesIn, readHistory, type HeldHistory } from '../../harness/nightly/history.ts';
import { judgeNight } from '../../harness/nightly/judge-night.ts';
import { commitNamed, requireCommit, withBuild, type BuildOptions } from '../../harness/nightly/measure/builds.ts';
import { pairJudge } from '../../harness/nightly/measure/paired.ts';
import { chooseRows } from '../../harness/nightly/measure/selection.ts';
import { askingProcesses, type Side } from '../../harness/nightly/measure/side.ts';
import {
  nightFileName,
  planFileName,
  takeNight,
  type Against,
  type NightRequest,
} from '../../harness/nightly/measure/take-night.ts';
import { beginBudget } from '../../harness/nightly/measure/time-left.ts';
import { takeWalks } from '../../harness/nightly/measure/walks.ts';
import { writeOutputs } from '../../harness/nightly/output/write-outputs.ts';
import { pastOf, recordedPairs } from '../../harness/nightly/past-of.ts';
import { nightlyPlanSchema } from '../../harness/nightly/row.ts';
import { calibrate, type Calibration } from '../../harness/nightly/statistics/calibrate.ts';
import type { RowVerdict } from '../../harness/nightly/verdict.ts';
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
const budgets = { quick: 5.7, night: 43 } as const;
/** Of a checkout and of the cells that are trained in it. */
const temporaryBytes = 500e6;
/** Exit code of a command that Ctrl-C ended, as shells have it. */
const interrupted = 130;

const plan = nightlyPlanSchema.parse(nightlyPlan);
const say = (text: string): void => standardError().write(`${text}\n`);

const historyDefault = join('runs', 'nightly', 'history');

const command = new Command('npm run nightly --')
  .description(
    'Measures this build beside an earlier one in the same hour, and says what changed, with its error rate.',
  )
  .enablePositionalOptions()
  .option('--against <ref>', 'the earlier build, or none; by default the last good night, else the commit before')
  .option('--history <folder>', 'where nights are kept', historyDefault)
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
  .action((options: Options) => untilStopped((signal) => takeAndJudge(options, signal)));

withHistory('accept', 'keeps in the history that a change of a row is meant: it is not red from then on')
  .argument('<row>', 'a row that is red')
  .requiredOption('--why <reason>', 'kept in the history and shown on the page')
  .action((row: string, options: HistoryOptions & { readonly why: string }) =>
    withHeld(options, ({ history, append }) => {
      const acceptance = acceptanceOf(history.entries, row, options.why, systemClock.date().toISOString());
      append(acceptance);
      print(options, acceptance, [`${row} is accepted: ${acceptance.why}`]);
    }),
  );

withHistory(
  'calibrate',
  'simulates nights from those that measured a build beside itself: false alarms, smallest change found',
).action((options: HistoryOptions) =>
  withHeld(options, ({ history, append }) => {
    const nights = history.entries.flatMap((entry) => (entry.kind === 'night' ? entry.night : []));
    const { rows, without } = recordedPairs(nights, plan);
    if (rows.length === 0) {
      throw new UsageError({
        where: 'calibrate',
        got: described(`${nights.length} nights, none with enough pairs of a build beside itself on a quiet machine`),
        expected: 'recorded noise of this machine',
        remedy: 'Run npm run nightly -- --against HEAD in a clean checkout first',
      });
    }
    const calibration = calibrate(rows, plan.gate);
    append({ kind: 'calibration', at: systemClock.date().toISOString(), calibration });
    const { count, of } = calibration.falseAlarms;
    const { firstStage, confirmed } = calibration;
    print(options, calibration, [
      `False alarms: ${count} of ${of} simulated nights (a first stage on ${firstStage.count}, confirmed on ${confirmed.count}).`,
      ...calibration.rows.map((row) => `${row.id}: ${foundText(row)}`),
      ...without.map((id) => `${id}: no night has measured it beside itself`),
    ]);
  }),
);

withHistory('show', 'prints the last night of this machine').action((options: HistoryOptions) =>
  untilStopped(async (signal) => {
    const history = readHistory(options.history, await machineOf(options, signal));
    const last = history.entries.findLast((entry) => entry.kind === 'night');
    if (last === undefined) {
      console.log('No night of this machine is in the history.');
      return;
    }
    const before = { ...history, entries: history.entries.slice(0, history.entries.indexOf(last)) };
    const verdict = judgeNight(last.night, before, history.calibration?.calibration ?? null);
    print(options, { verdict, night: last.night }, [verdict.headline, ...verdict.rows.map(lineOf)]);
  }),
);

interface HistoryOptions {
  readonly history: string;
  readonly device: DeviceChoice;
  readonly machine?: string;
  readonly json?: true;
}

function withHistory(name: string, description: string): Command {
  return command
    .command(name)
    .description(description)
    .option('--history <folder>', 'where nights are kept', historyDefault)
    .option('--machine <digits>', 'another machine than this: the name of its file in the history')
    .addOption(deviceOption())
    .option('--json', 'print one JSON document in place of text');
}

async function takeAndJudge(options: Options, signal: AbortSignal): Promise<void> {
  const quick = options.quick ?? false;
  const device = detectedDevice(options.device);
  const selection = chooseRows(plan, { only: options.only ?? null, quick, device });
  const { commit, dirty } = checkoutState(root);
  const checkout = { root, commit: requireCommit(commit, root), dirty: dirty ?? true };
  const asked = askedEarlier(options.against);
  const time = beginBudget(
    options.budget ?? budgets[quick ? 'quick' : 'night'],
    selection.rows,
    plan.gate,
    systemClock,
  );
  const begun = systemClock.date().toISOString().replaceAll(/[:.]/g, '-');
  const folder = resolve(options.out ?? join('runs', 'nightly', begun));
  for (const name of [planFileName, nightFileName]) requireOutputFile(join(folder, name));
  requireTemporaryFolder(temporaryBytes);
  if (checkout.dirty) say('files differ from the commit: the night is stamped, and nothing will be walked back to it');
  await withHeld(
    options,
    async (held) => {
      const { history } = held;
      const earlier = asked ?? usualEarlier(history.entries);
      const builds = { signal, say };
      const run = async (tonight: TonightSide, against: Against): Promise<void> => {
        const request: NightRequest = {
          plan,
          selection,
          quick,
          tonight,
          against,
          ask: askingProcesses(device, signal, time.whole),
          judge: pairJudge,
          time,
          folder,
          clock: systemClock,
          say,
        };
        const taken = await takeNight(request);
        // Whatever becomes of the rest, what was measured stays.
        writeJsonAtomically(join(folder, nightFileName), taken);
        const calibration = history.calibration?.calibration ?? null;
        const first = judgeNight(taken, history, calibration);
        const walks =
          'build' in against && 'build' in taken.against
            ? await takeWalks({ night: taken, verdict: first, request, earlier: against.build, builds })
            : [];
        const night = { ...taken, walks };
        const verdict = judgeNight(night, history, calibration);
        const paths = writeOutputs(folder, night, verdict, pastOf(night, history));
        held.append({ kind: 'night', at: night.ended, red: verdict.red, headline: verdict.headline, night });
        const notable = verdict.rows.filter((row) => !['equal', 'same', 'left-out'].includes(row.verdict));
        print(options, { verdict, night, paths }, [
          verdict.headline,
          ...notable.map(lineOf),
          `The night is in ${folder}`,
        ]);
        if (verdict.red) process.exitCode = exitCodes.failed;
      };
      await withTonight(checkout, builds, (tonight) =>
        'why' in earlier
          ? run(tonight, earlier)
          : withBuild(root, earlier.commit, builds, (build) => run(tonight, asAgainst(earlier.ref, build))),
      );
    },
    signal,
  );
}

type TonightSide = NightRequest['tonight'];

/**
 * Calls `work` with what is measured as tonight's build: a work tree like the earlier build's, since a process is faster or slower by the length
 * of its paths and by where its packages lie; where files differ from the commit, the checkout itself.
 */
function withTonight(checkout: TonightSide, builds: BuildOptions, work: (side: TonightSide) => Promise<void>) {
  if (checkout.dirty) return work(checkout);
  return withBuild(root, checkout.commit, builds, (build) => {
    if (!('why' in build)) return work({ ...build, dirty: false });
    throw new EngineError({
      where: 'nightly',
      got: described(build.why),
      expected: 'a work tree of tonight’s commit',
      remedy: 'Look at `git worktree list` and at the room of the temporary folder',
    });
  });
}

/** A build to run beside tonight's, or why there is none. */
type Earlier = { readonly ref: string; readonly commit: string } | { readonly ref: null; readonly why: string };

/** What --against names; null where it was not given. @throws UsageError for what is no commit */
function askedEarlier(against: string | undefined): Earlier | null {
  if (against === undefined) return null;
  if (against === 'none') return { ref: null, why: 'none was asked for' };
  return { ref: against, commit: commitNamed(root, against) };
}

/** The commit of the last good night that is still here, else the one before this. */
function usualEarlier(entries: readonly HistoryEntry[]): Earlier {
  const good = entries.findLast((entry) => entry.kind === 'night' && !entry.red && !entry.night.build.dirty);
  const refs = [...(good?.kind === 'night' ? [good.night.build.commit] : []), 'HEAD~1'];
  for (const ref of refs) {
    try {
      return { ref, commit: commitNamed(root, ref) };
    } catch (thrown) {
      if (!(thrown instanceof UsageError)) throw thrown;
    }
  }
  return { ref: null, why: 'there is no commit before this one' };
}

/** Holds the history of this machine while something is done with it. */
async function withHeld(
  options: Pick<HistoryOptions, 'history' | 'device' | 'machine'>,
  work: (held: HeldHistory) => void | Promise<void>,
  signal = new AbortController().signal,
): Promise<void> {
  const held = holdHistory(resolve(options.history), await machineOf(options, signal), {
    clock: systemClock,
    say,
  });
  try {
    await work(held);
  } finally {
    held.release();
  }
}

/** The machine that is named, else this one. @throws UsageError where the history has no machine of that name */
async function machineOf(
  { history, machine, device }: Pick<HistoryOptions, 'history' | 'machine' | 'device'>,
  signal: AbortSignal,
): Promise<string> {
  if (machine === undefined) return fingerprintHere({ device }, signal);
  const known = machinesIn(resolve(history));
  if (known.includes(machine)) return machine;
  const remedy = known.length > 0 ? suggestion(machine, known) : 'Nothing is kept there yet';
  throw new UsageError({ where: '--machine', got: machine, expected: `a machine of ${history}`, remedy });
}

/** What machine this is, only a process that has loaded the engine can tell. */
async function fingerprintHere({ device }: Pick<Options, 'device'>, signal: AbortSignal): Promise<string> {
  const side = { root, commit: '' };
  const answer = await askingProcesses(detectedDevice(device), signal)(side, 'machine');
  if (!('why' in answer)) return answer.machine.fingerprint;
  throw new EngineError({
    where: 'nightly',
    got: described(answer.why),
    expected: 'a build that runs',
    remedy: 'Run `npm run engine -- info` in this checkout',
  });
}

/** Ends children, work trees and the lock of the history when the command is stopped. */
async function untilStopped(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const stopping = new AbortController();
  const release = passSignals((signal) => {
    if (stopping.signal.aborted) process.exit(interrupted);
    stopping.abort(new Error(`stopped by ${signal}`));
  });
  try {
    await work(stopping.signal);
  } catch (thrown) {
    if (!stopping.signal.aborted) throw thrown;
    say('stopped: nothing was added to the history');
    process.exitCode = interrupted;
  } finally {
    release();
  }
}

function print({ json }: { readonly json?: true }, document: unknown, lines: readonly string[]): void {
  console.log(json ? JSON.stringify(document, null, 2) : lines.join('\n'));
}

function lineOf({ id, verdict, why }: RowVerdict): string {
  return `${id}: ${verdict}, ${why}`;
}

function foundText({ smallestFound, found }: Calibration['rows'][number]): string {
  if (smallestFound === null || !found) return 'so few pairs cannot show a change of any size';
  const nights = `${found.count} of ${found.of} other simulated nights`;
  return `${significant(100 * smallestFound, 3)} % is found on 95 nights in 100 (on ${nights})`;
}

function asAgainst(ref: string, build: Side | { readonly why: string }): Against {
  return 'why' in build ? { ref, why: build.why } : { ref, build };
}

await runCommand(command);
