/** @file `npm run bench -- digests | checkpoint`: share of training time that digests and checkpoints take. */
import { InvalidArgumentError, Command } from 'commander';
import { timeCheckpoints } from '../../../harness/bench/bookkeeping/checkpoint.ts';
import { timeDigests } from '../../../harness/bench/bookkeeping/digests.ts';
import { positive } from '../../../harness/cli/numbers.ts';
import { systemClock } from '../../../harness/core/clock.ts';
import { formatBytes, significant } from '../../../harness/core/units.ts';
import { pairedDifference, summarise, type Interval } from '../../../harness/judge/statistics.ts';
import { median } from '../../../harness/results/benchmark/rounds.ts';
import { openDistance } from '../../../harness/run/cell/distance.ts';
import { Progress, standardError } from '../../../harness/system/progress.ts';
import { finish, openedPlan, outputOf, percent, withSizedOptions, type SizedOptions } from './options.ts';

interface Options extends SizedOptions {
  readonly rounds: number;
}

const confidence = 0.95;
/** Seconds of training between two checkpoints. */
const interval = 300;

export function digestsBench(): Command {
  return withOptions(new Command('digests'), 16)
    .description('digests in the event log: steps with and without them in turns, and the hashing of the state')
    .option('--steps <number>', 'steps of a stretch', positive, 8)
    .action(async (options: Options & { readonly steps: number }) => {
      const { rounds, steps, size } = options;
      const written = outputOf(options, 'digests.json');
      const plan = await openedPlan(options);
      const progress = new Progress(standardError(), systemClock, { label: 'digests', total: rounds, unit: 'rounds' });
      const onRound = (done: number): void => progress.update(done);
      const times = await timeDigests(plan, await openDistance(plan, standardError()), {
        rounds,
        steps,
        clock: systemClock,
        onRound,
      });
      progress.finish();
      const { steps: planSteps } = plan.asRun;
      const shares = digestRows(times, planSteps);
      finish({ size, stretchSteps: steps, planSteps, ...shares, ...times }, written, options, () =>
        digestsText(shares, `${times.hashings} times in ${planSteps} steps beside checkpoints`),
      );
    });
}

export function checkpointBench(): Command {
  return withOptions(new Command('checkpoint'), 5)
    .description('checkpoints of a state with a teacher: how long the loop waits, as a share of five minutes')
    .option('--folder <folder>', 'on the disk to be measured; what is written is removed', 'runs')
    .action((options: Options & { readonly folder: string }) => measureCheckpoints(options));
}

async function measureCheckpoints(options: Options & { readonly folder: string }): Promise<void> {
  const { rounds: times, folder, size } = options;
  const written = outputOf(options, 'checkpoint.json');
  const plan = await openedPlan(options);
  const progress = new Progress(standardError(), systemClock, { label: size, total: times, unit: 'checkpoints' });
  const onDone = (done: number): void => progress.update(done);
  const measured = timeCheckpoints(plan, { folder, times, clock: systemClock, onDone });
  progress.finish();
  const { stateBytes, checkpoints } = measured;
  const rows = (
    [
      ['copy to the host', ({ copy }) => copy],
      ['hashes and file', ({ write }) => write],
      ['together', ({ copy, write }) => copy + write],
    ] as const satisfies readonly (readonly [string, (one: (typeof checkpoints)[number]) => number])[]
  ).map(([what, of]) => {
    const seconds = checkpoints.map(of);
    return { what, median: median(seconds), least: Math.min(...seconds), share: median(seconds) / interval };
  });
  finish({ size, rows, ...measured }, written, options, () =>
    [
      `${formatBytes(stateBytes)}, ${checkpoints.length} checkpoints`,
      `${''.padEnd(18)} median s    min s  share of ${interval} s`,
      ...rows.map(
        ({ what, median: middle, least, share }) =>
          `${what.padEnd(18)} ${significant(middle, 3).padStart(8)} ${significant(least, 3).padStart(8)}  ${percent(share).padStart(14)}`,
      ),
    ].join('\n'),
  );
}

/** Seconds per step of each part, with t-intervals over the rounds, and what each is of a step without digests. */
function digestRows({ rounds, hashings }: Awaited<ReturnType<typeof timeDigests>>, steps: number) {
  const step = median(rounds.map(({ off }) => off));
  const lines = pairedDifference(
    rounds.map(({ off }) => off),
    rounds.map(({ on }) => on),
    confidence,
  );
  const hashing = summarise(
    rounds.map(({ hashing: seconds }) => seconds),
    confidence,
  );
  const row = (what: string, mean: number, { low, high }: Interval) => ({
    what,
    secondsPerStep: mean,
    share: mean / step,
    low: low / step,
    high: high / step,
  });
  const perStep = hashings / steps;
  const hashed = { ...hashing.interval!, low: hashing.interval!.low * perStep, high: hashing.interval!.high * perStep };
  return {
    stepSeconds: step,
    hashingSeconds: hashing.mean,
    rows: [
      row('losses and norms', lines.mean, lines.interval),
      row('hashes of tensors', hashing.mean * perStep, hashed),
      row('together', lines.mean + hashing.mean * perStep, {
        confidence,
        low: lines.interval.low + hashed.low,
        high: lines.interval.high + hashed.high,
      }),
    ],
  };
}

function digestsText({ stepSeconds, hashingSeconds, rows }: ReturnType<typeof digestRows>, about: string): string {
  return [
    `step ${significant(1000 * stepSeconds, 3)} ms, hashes of the state ${significant(1000 * hashingSeconds, 3)} ms, ${about}`,
    `${''.padEnd(18)} ms per step   share of a step (95 %)`,
    ...rows.map(
      ({ what, secondsPerStep, share, low, high }) =>
        `${what.padEnd(18)} ${significant(1000 * secondsPerStep, 2).padStart(11)}   ${percent(share)} (${percent(low)} to ${percent(high)})`,
    ),
  ].join('\n');
}

/** One round has no spread. */
function severalRounds(text: string): number {
  const rounds = positive(text);
  if (rounds < 2) throw new InvalidArgumentError('Expected a whole number from 2 on.');
  return rounds;
}

function withOptions(command: Command, rounds: number): Command {
  return withSizedOptions(command).option(
    '--rounds <number>',
    'rounds that count, at least two',
    severalRounds,
    rounds,
  );
}
