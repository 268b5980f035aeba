/**
 * @file Command `npm run cell -- <folder>`: runs or resumes the cell that is planned in a folder.
 *
 * `reproduce` starts one such process per cell.
 */
import { availableParallelism } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { cacheFolder } from '../harness/system/cache-folder.ts';
import { systemClock } from '../harness/core/clock.ts';
import { CheckpointedExit } from '../harness/core/errors.ts';
import { standardError, type Output } from '../harness/system/progress.ts';
import { joinRanks, type Ranks } from '../harness/ranks/join.ts';
import { deviceOf, endWithLauncher, launchRanks } from '../harness/ranks/launch.ts';
import { isRank, worldOf, type World } from '../harness/ranks/world.ts';
import { ownProcess } from '../harness/cli/own-process.ts';
import { classesOf } from '../harness/recipe/classes.ts';
import { openSource } from '../harness/data/open.ts';
import type { ImageSource } from '../harness/data/source.ts';
import { openEngine, type Engine } from '../harness/engine/engine.ts';
import { planFileName, readPlan } from '../harness/plan/plan-file.ts';
import type { Plan } from '../harness/plan/types.ts';
import { recordAttempt, recordKill } from '../harness/run/cell/attempts.ts';
import { factsOf, globalBatchText, needsRanks, requireShares } from '../harness/run/cell/ranks/cell-ranks.ts';
import { followCell } from '../harness/run/cell/ranks/follow.ts';
import { runCell } from '../harness/run/cell/cell.ts';
import { awaitCell, lockCell } from '../harness/run/cell/cell-lock.ts';
import { HeartbeatWriter, beatingOutput } from '../harness/run/cell/heartbeat.ts';
import { extractorWith, scorerWith } from '../harness/evaluate/open.ts';
import { listenForStop, passSignals } from '../harness/run/signals.ts';
import { positive } from '../harness/cli/numbers.ts';
import { runCommand } from '../harness/cli/command.ts';

interface Options {
  readonly data?: string;
  readonly weights?: string;
  readonly inception?: string;
  readonly reference?: string;
  readonly redraws?: number;
  readonly command?: string;
  readonly wait?: true;
  readonly ranks: number;
  readonly threads?: number;
  readonly rankTimeout: number;
  readonly meetWithin: number;
  readonly publicAddress?: true;
}

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');

const command = new Command('npm run cell --')
  .description('Runs the cell planned in a folder to its result, or goes on with it.')
  .argument('<folder>', 'folder with plan.json')
  .option('--data <path>', 'data in place of what would be downloaded')
  .option('--weights <file>', 'the weights that the plan was made for')
  .option('--inception <file>', 'the 2015 Inception graph in place of what would be downloaded')
  .option('--reference <npz>', 'reference statistics in place of what would be downloaded')
  .option('--redraws <n>', 'further draws of latents that the cell is to have', positive)
  .option('--command <line>', 'the command line that is recorded as the one that repeats the cell')
  .option('--wait', 'wait while another process is at work on the cell')
  .option('--ranks <n>', 'processes that share each batch: started here, or by torchrun or srun', positive, 1)
  .option(
    '--threads <n>',
    'of each process: sums on a CPU depend on it (default: the cores, shared by the ranks here)',
    positive,
  )
  .option('--rank-timeout <seconds>', 'after which a step fails in which a rank takes no part', positive, 600)
  .option('--meet-within <seconds>', 'how long ranks wait for each other at the start', positive, 300)
  .option('--public-address', 'let ranks meet at an address that the internet can reach')
  .action(async (folder: string, options: Options) => {
    const plan = readPlan(join(folder, planFileName));
    if (options.ranks === 1) {
      await runHere(folder, plan, options);
      return;
    }
    if (!needsRanks(folder, plan)) {
      // Given weights and finished cells are work for one process.
      const other = isRank(process.env, options.ranks) && worldOf(process.env, options.ranks).rank > 0;
      if (!other) await runHere(folder, plan, options);
      return;
    }
    requireShares(plan, options.ranks);
    if (!isRank(process.env, options.ranks)) {
      await startRanks(folder, plan, options);
      return;
    }
    endWithLauncher();
    const world = worldOf(process.env, options.ranks);
    if (world.rank === 0) await runHere(folder, plan, options, world);
    else await follow(folder, plan, options, world);
  });

async function runHere(folder: string, plan: Plan, options: Options, world?: World): Promise<void> {
  const lock = await (options.wait ? awaitCell : lockCell)(folder, { clock: systemClock, output: standardError() });
  const heartbeat = new HeartbeatWriter(folder, systemClock);
  const output = beatingOutput(standardError(), heartbeat, systemClock);
  const stop = listenForStop((signal) => output.write(`${signal}: finishing this step and writing a checkpoint\n`));
  const line = options.command ?? `npm run cell -- ${folder}`;
  const run = async (): Promise<unknown> => {
    heartbeat.beat();
    const engine = await engineOf(plan, output, options.threads, world);
    const ranks = world && (await joinAll(plan, engine, world, options));
    const ran = runCell({
      folder,
      engine,
      ...(ranks && { ranks }),
      openSource: sourceOf(options, output),
      openScorer: scorerWith(options),
      ...(options.weights === undefined ? {} : { weights: options.weights }),
      ...(options.redraws === undefined ? {} : { redraws: options.redraws }),
      clock: systemClock,
      output,
      stopRequested: () => {
        heartbeat.beat();
        lock.lost.throwIfAborted();
        return stop.requested();
      },
      root,
      command: line,
    });
    return ranks ? untilAllLeave(ranks, ran) : ran;
  };
  try {
    await recordAttempt({ folder, root, command: line, output }, systemClock, run);
  } finally {
    stop.release();
    lock.release();
  }
}

/** Starts all ranks as processes of this machine, and ends as they do: with exit code 75 where one was killed. */
async function startRanks(folder: string, plan: Plan, { ranks }: Options): Promise<void> {
  const output = standardError();
  output.write(`${globalBatchText(plan, ranks)}\n`);
  const end = await launchRanks({
    command: [...ownProcess('cell'), ...process.argv.slice(2)],
    ranks,
    environment: process.env,
    logOf: (rank) => join(folder, 'ranks', `rank-${rank}.log`),
    output,
    onSignal: passSignals,
  });
  process.exitCode = end.exitCode;
  if (end.why === undefined) return;
  if (end.rank === 0) recordKill(folder, systemClock, 'signal', end.why);
  output.write(`${folder}: ${end.why}. Start it again: it goes on from its last checkpoint.\n`);
}

/** A rank other than 0: computes its share, writes nothing. */
async function follow(folder: string, plan: Plan, options: Options, world: World): Promise<void> {
  const output = standardError();
  const stop = listenForStop(() => undefined);
  try {
    const engine = await engineOf(plan, output, options.threads, world);
    const ranks = await joinAll(plan, engine, world, options);
    const rest = {
      clock: systemClock,
      output,
      stopRequested: stop.requested,
      root,
      command: `npm run cell -- ${folder}`,
    };
    const opening = { openSource: sourceOf(options, output), openExtractor: extractorWith(options) };
    await untilAllLeave(ranks, followCell({ folder, engine, ...opening, ...rest }, plan, ranks));
  } finally {
    stop.release();
  }
}

function joinAll(
  plan: Plan,
  engine: Engine,
  world: World,
  { meetWithin, rankTimeout, publicAddress }: Options,
): Promise<Ranks> {
  return joinRanks({
    world,
    withinSeconds: meetWithin,
    timeoutSeconds: rankTimeout,
    allowPublic: publicAddress ?? false,
    clock: systemClock,
    facts: factsOf(plan, engine, root),
  });
}

/** Lets the others know how this rank's work ends. */
async function untilAllLeave<T>(ranks: Ranks, work: Promise<T>): Promise<T> {
  try {
    const done = await work;
    await ranks.leave();
    return done;
  } catch (thrown) {
    if (thrown instanceof CheckpointedExit) await ranks.leave();
    else ranks.team.fail(thrown instanceof Error ? thrown.message : String(thrown));
    throw thrown;
  }
}

function engineOf(plan: Plan, output: Output, asked: number | undefined, world?: World): Promise<Engine> {
  const { device, tf32, deterministic } = plan.engine;
  const { localRank = 0, localRanks = 1 } = world ?? {};
  if (device === 'gpu' && world) Object.assign(process.env, deviceOf(localRank, process.env));
  const threads = asked ?? Math.max(1, Math.floor(availableParallelism() / localRanks));
  return openEngine({ device, tf32, deterministic, threads, output });
}

function sourceOf({ data }: Options, output: Output): (plan: Plan) => Promise<ImageSource> {
  return ({ recipe }) =>
    openSource(
      recipe.data.dataset,
      { cache: cacheFolder(), output, clock: systemClock },
      { ...(data === undefined ? {} : { data }), networkClasses: classesOf(recipe.network) },
    );
}

await runCommand(command);
