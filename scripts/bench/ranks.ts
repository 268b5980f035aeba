/** @file `npm run bench -- all-reduce | scaling`: the exchange between ranks, and a step of ranks. */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import type { AllReduceJob, ScalingJob } from '../../harness/bench/ranks/protocol.ts';
import type { Turns } from '../../harness/bench/ranks/turns.ts';
import { positive } from '../../harness/cli/numbers.ts';
import { ownProcess } from '../../harness/cli/own-process.ts';
import { asJson } from '../../harness/core/record.ts';
import { EngineError, described } from '../../harness/core/errors.ts';
import { formatBytes, significant } from '../../harness/core/units.ts';
import { ensureEngine } from '../../harness/engine/install/install.ts';
import { pairedDifference } from '../../harness/judge/statistics.ts';
import { launchRanks } from '../../harness/ranks/launch.ts';
import { median } from '../../harness/results/benchmark/rounds.ts';
import { passSignals } from '../../harness/run/signals.ts';
import { writeJsonAtomically } from '../../harness/system/files/atomic-file.ts';
import { inTemporaryFolder } from '../../harness/system/files/files.ts';
import { requireOutputFile } from '../../harness/system/files/output-file.ts';
import { standardError } from '../../harness/system/progress.ts';
import { benchSizes, type BenchSizeName } from '../../recipes/bench.ts';

interface Options {
  readonly ranks: number;
  readonly rounds: number;
  readonly threads: number;
  readonly json?: true;
  readonly out?: string;
}

const confidence = 0.95;

export function allReduceBench(): Command {
  return withOptions(new Command('all-reduce'))
    .description('the gradients of all ranks summed, both ways of training, beside a plain ring over TCP')
    .option('--megabytes <n>', 'of float32 on each rank; 225 are the gradients of the CIFAR-10 networks', positive, 225)
    .action(async ({ megabytes, ...options }: Options & { readonly megabytes: number }) => {
      const bytes = megabytes * 1_000_000;
      const { ranks, rounds, threads } = options;
      const turns = await measure({ task: 'all-reduce', ranks, rounds, threads, bytes }, options, ranks);
      const against = (name: string, base: string) => ratio(turns, name, base);
      const ratios = [against('fast', 'ring'), against('ordered', 'ring'), against('ordered', 'fast')];
      finish({ task: 'all-reduce', ranks, bytes, ratios, seconds: turns }, options, () =>
        [
          `${formatBytes(bytes)} on ${ranks} ranks, ${rounds} rounds`,
          ...timeLines(turns),
          ...ratios.map(ratioLine),
        ].join('\n'),
      );
    });
}

export function scalingBench(): Command {
  return withOptions(new Command('scaling'))
    .description('a training step shared by ranks, beside one process with all threads')
    .addOption(new Option('--size <name>', 'network and batch').choices(Object.keys(benchSizes)).default('twin'))
    .option('--steps <n>', 'steps that are timed together', positive, 4)
    .action(async ({ size, steps, ...options }: Options & { readonly size: BenchSizeName; readonly steps: number }) => {
      const { ranks, rounds, threads } = options;
      const { batchImages } = benchSizes[size].recipe.tuning;
      const turns = await measure({ task: 'scaling', ranks, rounds, threads, size, steps }, options, ranks + 1);
      const loss = ratio(turns, 'ranks', 'alone');
      const exchangeShare = median(turns.exchange!) / median(turns.ranks!);
      const imagesPerSecond = Object.fromEntries(
        (['ranks', 'alone'] as const).map((name) => [name, batchImages / median(turns[name]!)]),
      );
      finish(
        { task: 'scaling', size, ranks, threads, imagesPerSecond, exchangeShare, ratio: loss, seconds: turns },
        options,
        () =>
          [
            `${size}, batch ${batchImages}: ${ranks} ranks beside one process of ${threads} threads, ${rounds} rounds of ${steps} steps`,
            ...timeLines(turns),
            ratioLine(loss),
            `images/s: ${significant(imagesPerSecond.ranks!, 3)} of ranks, ${significant(imagesPerSecond.alone!, 3)} alone (efficiency ${significant(100 / loss.median, 3)} %)`,
            `exchange: ${significant(100 * exchangeShare, 2)} % of a step of ranks`,
          ].join('\n'),
      );
    });
}

function withOptions(command: Command): Command {
  return command
    .option('--ranks <n>', 'processes of this machine', positive, 2)
    .option('--rounds <n>', 'in orders drawn anew', positive, 16)
    .option('--threads <n>', 'of all processes together', positive, availableParallelism())
    .option('--json', 'print one JSON document')
    .option('--out <folder>', 'write it there');
}

async function measure(job: AllReduceJob | ScalingJob, { out }: Options, processes: number): Promise<Turns> {
  if (out !== undefined) requireOutputFile(join(out, `${job.task}.json`));
  await ensureEngine({ device: 'cpu' }, standardError());
  return inTemporaryFolder('bench-ranks-', async (folder) => {
    let last = '';
    const { exitCode, why } = await launchRanks({
      command: [...ownProcess('bench/ranks-probe'), JSON.stringify(job)],
      ranks: processes,
      environment: process.env,
      logOf: (rank) => join(folder, `rank-${rank}.log`),
      output: { isTerminal: false, write: (line) => (last = line) },
      onSignal: passSignals,
    });
    const turns = exitCode === 0 ? asJson(last) : undefined;
    if (turns) return turns as Turns;
    throw new EngineError({
      where: job.task,
      got: described(why ?? last.trim()),
      expected: 'every rank to come to its end',
      remedy: 'Start it again',
    });
  });
}

/** Of paired rounds: the ratio of medians, of minima, and the interval of the mean ratio by logarithms. */
function ratio(turns: Turns, name: string, base: string) {
  const [own, other] = [turns[name]!, turns[base]!];
  const logs = (values: readonly number[]) => values.map(Math.log);
  const { low, high } = pairedDifference(logs(other), logs(own), confidence).interval;
  const minima = Math.min(...own) / Math.min(...other);
  return {
    name,
    base,
    median: median(own) / median(other),
    minima,
    interval: [Math.exp(low), Math.exp(high)] as const,
  };
}

function ratioLine({ name, base, median: middle, minima, interval: [low, high] }: ReturnType<typeof ratio>): string {
  return `${name} / ${base}: ${significant(middle, 3)} by medians, ${significant(minima, 3)} by minima, ${significant(low, 3)} to ${significant(high, 3)} (95 %)`;
}

function timeLines(turns: Turns): string[] {
  return Object.entries(turns).map(
    ([name, all]) => `${name}: ${significant(median(all), 3)} s, least ${significant(Math.min(...all), 3)} s`,
  );
}

function finish(document: unknown, { out, json }: Options, text: () => string): void {
  if (out !== undefined) {
    const { task } = document as { readonly task: string };
    writeJsonAtomically(join(out, `${task}.json`), document);
  }
  console.log(json ? JSON.stringify(document, null, 2) : text());
}
