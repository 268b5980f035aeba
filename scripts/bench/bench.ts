/**
 * @file Command `npm run bench`: measures the speed of this harness, alone or beside its peers.
 *
 * Its subcommands are `step`, `sample`, `features`, `score`, `frechet`, `memory`, `photographs`, `precision`,
 * `profile`, `digests`, `checkpoint`, `unpack`, `all-reduce`, `scaling` and `peers`.
 */
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { Command, Option } from 'commander';
import { runBenchmark } from '../../harness/bench/measure.ts';
import { installPeers, peersEnvironment } from '../../harness/bench/peers/peers-environment.ts';
import { extractorFacts } from '../../harness/bench/subjects/features-subject.ts';
import type { BenchRequest, BenchWork, NetworkWork } from '../../harness/bench/request.ts';
import { subjectIds } from '../../harness/bench/subjects/subjects.ts';
import { writeFileAtomically, writeJsonAtomically } from '../../harness/system/files/atomic-file.ts';
import { requireOutputFile } from '../../harness/system/files/output-file.ts';
import { systemClock } from '../../harness/core/clock.ts';
import { writableCacheFolder } from '../../harness/system/cache-folder.ts';
import { standardError } from '../../harness/system/progress.ts';
import { detectedDevice } from '../../harness/engine/device.ts';
import { ensureEngine } from '../../harness/engine/install/install.ts';
import { engineSettings } from '../../harness/plan/engine-settings.ts';
import { resolvePlan } from '../../harness/plan/resolve.ts';
import { benchmarkCsv, benchmarkLines } from '../../harness/report/tables/benchmark.ts';
import { benchmarkFileName, benchmarkRows } from '../../harness/results/benchmark/benchmark.ts';
import { fewestRounds } from '../../harness/results/benchmark/rounds.ts';
import { benchSizes, type BenchSizeName } from '../../recipes/bench.ts';
import { checkpointBench, digestsBench } from './sized/bookkeeping.ts';
import { frechetBench } from './scoring/frechet.ts';
import { memoryBench } from './scoring/memory.ts';
import { photographsBench } from './photographs.ts';
import { allReduceBench, scalingBench } from './ranks.ts';
import { profileBench } from './sized/profile.ts';
import { scoreBench } from './scoring/score.ts';
import { unpackBench } from './unpack.ts';
import { precisionBench } from './precision.ts';
import { runCommand } from '../../harness/cli/command.ts';
import { ownProcess } from '../../harness/cli/own-process.ts';
import { positive } from '../../harness/cli/numbers.ts';
import { deviceOption } from '../../harness/cli/device-option.ts';
import type { DeviceChoice } from '../../harness/core/device.ts';

interface Options {
  readonly rounds: number;
  readonly threads: number;
  readonly device: DeviceChoice;
  readonly only?: string[];
  readonly json?: true;
  readonly out?: string;
}

interface NetworkOptions extends Options {
  readonly size: BenchSizeName;
  readonly peers?: true;
}

const root = resolve(import.meta.dirname, '../..');
const requirements = join(root, 'harness', 'bench', 'peers', 'requirements.txt');

const command = new Command('npm run bench --').description(
  'Speed, by interleaved rounds in processes of their own. The machine must be idle. Nothing is written without --out.',
);

for (const task of ['step', 'sample'] as const) {
  withOptions(
    command
      .command(task)
      .description(task === 'step' ? 'the training step' : 'one-step sampling')
      .addOption(new Option('--size <name>', 'network and batch').choices(Object.keys(benchSizes)).default('small'))
      .option('--peers', 'beside PyTorch eager, torch.compile and JAX jit'),
  ).action(async (options: NetworkOptions) => {
    const device = detectedDevice(options.device);
    const { recipe, scale, sampleImages } = benchSizes[options.size];
    const planOf: NetworkWork['workload']['planOf'] = (settings) =>
      resolvePlan({
        recipe,
        scale,
        seed: 0,
        engine: engineSettings(recipe.tuning.batchImages, { device, ...settings }, recipe),
      });
    const { python } = options.peers ? peersEnvironment(requirements) : { python: null };
    await measure(options, {
      task,
      size: options.size,
      device,
      workload: { planOf, sampleImages },
      peers:
        python === null
          ? null
          : { python, scripts: join(root, 'harness', 'bench', 'peers'), compiled: compiledFolder() },
    });
  });
}

withOptions(
  command
    .command('features')
    .description('the feature extractor behind fd-shapes, or Inception')
    .option('--graph <file>', 'the 2015 Inception graph, in place of the classifier of shapes'),
).action(async ({ graph, ...options }: Options & { readonly graph?: string }) => {
  await measure(options, {
    task: 'features',
    size: extractorFacts(graph ?? null).name,
    device: detectedDevice(options.device),
    workload: null,
    peers: null,
    graph: graph === undefined ? null : resolve(graph),
  });
});

command.addCommand(frechetBench());
command.addCommand(memoryBench());
command.addCommand(scoreBench());
command.addCommand(photographsBench());
command.addCommand(precisionBench());
command.addCommand(unpackBench());
command.addCommand(profileBench());
command.addCommand(digestsBench());
command.addCommand(checkpointBench());
command.addCommand(allReduceBench());
command.addCommand(scalingBench());

command
  .command('peers')
  .description('the Python environment of --peers')
  .command('install')
  .description(
    'PyTorch, JAX and the scoring tools, pinned and hashed, into the cache folder (about 6 GB); nothing else ever needs it',
  )
  .action(async () => {
    const { folder } = await installPeers(requirements, { output: standardError(), clock: systemClock });
    console.log(`PyTorch and JAX are in ${folder}`);
  });

function compiledFolder(): string {
  return join(writableCacheFolder('peers'), 'compiled');
}

async function measure(
  { rounds, threads, only, json, out }: Options,
  request: BenchWork & Pick<BenchRequest, 'device' | 'peers'>,
): Promise<void> {
  const output = standardError();
  const written = out === undefined ? null : { json: join(out, benchmarkFileName), csv: join(out, 'benchmark.csv') };
  if (written) [written.json, written.csv].forEach((path) => requireOutputFile(path));
  await ensureEngine({ device: request.device }, output);
  const benchmark = await runBenchmark(
    {
      ...request,
      rounds,
      threads,
      only: only ?? null,
      ownProcess: ownProcess('bench/subject'),
      root,
      command: `npm run bench -- ${process.argv.slice(2).join(' ')}`,
    },
    { output, clock: systemClock },
  );
  if (written) {
    writeJsonAtomically(written.json, benchmark);
    writeFileAtomically(written.csv, benchmarkCsv(benchmark));
  }
  console.log(
    json
      ? JSON.stringify({ ...benchmark, rows: benchmarkRows(benchmark) }, null, 2)
      : benchmarkLines(benchmark).join('\n'),
  );
}

function withOptions(one: Command): Command {
  return one
    .option(
      '--rounds <number>',
      'rounds; the median counts, and an interval from the default on',
      positive,
      fewestRounds,
    )
    .option('--threads <number>', 'threads of every subject', positive, availableParallelism())
    .addOption(deviceOption())
    .option('--only <names>', `subjects: ${subjectIds.join(', ')}`, (text) => text.split(','))
    .option('--json', 'print one JSON document with every duration')
    .option('--out <folder>', `also write ${benchmarkFileName} and benchmark.csv, such as into reports/bench/<name>`);
}

await runCommand(command);
