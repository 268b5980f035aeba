/** @file `npm run verify -- resume | split | ranks | replay | faults ...`: proofs that a run is its plan. */
import { join, resolve } from 'node:path';
import { availableParallelism } from 'node:os';
import { Command } from 'commander';
import { runCommand } from '../../harness/cli/command.ts';
import { ownProcess } from '../../harness/cli/own-process.ts';
import { positive } from '../../harness/cli/numbers.ts';
import { UsageError, exitCodes } from '../../harness/core/errors.ts';
import { suggestion } from '../../harness/core/suggest.ts';
import { detectedDevice } from '../../harness/engine/device.ts';
import { openEngine, type Engine } from '../../harness/engine/engine.ts';
import type { EngineSettings, Plan } from '../../harness/plan/types.ts';
import { launchRanks } from '../../harness/ranks/launch.ts';
import { requireShares } from '../../harness/run/cell/ranks/cell-ranks.ts';
import { passSignals } from '../../harness/run/signals.ts';
import { proveRanks } from '../../harness/verify/ranks/prove-ranks.ts';
import type { Recipe } from '../../harness/recipe/types.ts';
import { systemClock } from '../../harness/core/clock.ts';
import { Progress, standardError } from '../../harness/system/progress.ts';
import { campaignsText, runCampaigns } from '../../harness/verify/faults/campaigns.ts';
import { provePerturbation } from '../../harness/verify/perturbation.ts';
import { explained, holds, proofText, type Proof } from '../../harness/verify/proof.ts';
import { proofPlan } from '../../harness/verify/proof-plan.ts';
import { compareRuns, recordedRun, replayText, replays } from '../../harness/verify/replay/replay.ts';
import { runAgain } from '../../harness/verify/replay/run-again.ts';
import { proveKills } from '../../harness/verify/kills.ts';
import { proveResume } from '../../harness/verify/resume.ts';
import { proveSplit } from '../../harness/verify/split.ts';
import { recipes } from '../../recipes/index.ts';
import { deviceOption } from '../../harness/cli/device-option.ts';
import type { DeviceChoice } from '../../harness/core/device.ts';

interface Options {
  readonly recipe: string;
  readonly device: DeviceChoice;
  readonly seed: number;
  readonly fullSize?: true;
  readonly steps?: number;
  readonly batch?: number;
  readonly json?: true;
}

const checkout = resolve(import.meta.dirname, '../..');
/** Enough for a disturbance to show; only what goes through checkpoints needs more. */
const perturbedSteps = 60;
/** Most of the time of a process is then spent on training and scoring, not on loading. */
const killedSteps = 120;
/** Long enough for two changes of the number of ranks; each step of many passes is slow to trace. */
const sharedSteps = 6;
const sharedBatch = 8;

const root = new Command('npm run verify --').description('Proves that runs are what their plans say.');

withProofOptions(root.command('resume'))
  .description('n steps straight against k steps, kill -9, and the rest: equal state, losses, samples and scores')
  .option(
    '--kill-after <steps>',
    'after how many steps to kill, such as 5,9 (default: where something begins or ends)',
    list,
  )
  .action(async (options: Options & { killAfter?: number[] }) => {
    const { plan, subject } = proofOf(options);
    const { killAfter } = options;
    finish(await proveResume({ plan, subject, cellProcess, onDone, ...(killAfter && { killAfter }) }), plan, options);
  });

withProofOptions(root.command('kills'))
  .description(
    'kill -9 of the whole process group at random moments, with the real engine: equal to an undisturbed run',
  )
  .option('--times <n>', 'kills in all', positive, 10)
  .action(async (options: Options & { times: number }) => {
    const { plan, subject } = proofOf({ steps: killedSteps, ...options });
    const { times, seed } = options;
    finish(await proveKills({ plan, subject, cellProcess, times, seed, clock: systemClock, onDone }), plan, options);
  });

withProofOptions(root.command('perturbation'))
  .description('scoring, sampling, checkpoints, logging and noise on and off: equal weights')
  .action(async (options: Options) => {
    const { plan, subject } = proofOf({ steps: perturbedSteps, ...options });
    finish(await provePerturbation({ engine: await engineOf(plan), plan, subject, onDone }), plan, options);
  });

withProofOptions(root.command('split'))
  .description('batches in passes and samples in batches of other sizes: equal, or within a stated bound')
  .action(async (options: Options) => {
    const { plan, subject } = proofOf(options);
    finish(await proveSplit({ engine: await engineOf(plan), plan, subject, onDone }), plan, options);
  });

withProofOptions(root.command('ranks'))
  .description('batches shared by several processes, and by another number of them after a checkpoint: equal')
  .option('--ranks <numbers>', 'such as 1,2,4; the first is what the others are compared with', list, [1, 2, 4])
  .option('--threads <n>', 'of each process: sums on a CPU depend on it', positive, 1)
  .action(async (options: Options & { ranks: number[]; threads: number }) => {
    const { ranks, threads } = options;
    const asked = { steps: sharedSteps, batch: sharedBatch, ...options };
    const { plan, subject } = proofOf(asked, { microBatchImages: asked.batch / Math.max(...ranks) });
    for (const count of ranks) requireShares(plan, count);
    const train = (folder: string, count: number, stopAfter?: number) =>
      trainByRanks(folder, { count, threads, stopAfter });
    finish(await proveRanks({ plan, subject, ranks, train, onDone }), plan, options);
  });

/** Trains by processes that this one starts. @returns null, or how they ended */
async function trainByRanks(
  folder: string,
  { count, threads, stopAfter }: { count: number; threads: number; stopAfter: number | undefined },
): Promise<string | null> {
  const stop = stopAfter === undefined ? [] : ['--stop-after', String(stopAfter)];
  const lines: string[] = [];
  const { exitCode, why } = await launchRanks({
    command: [...ownProcess('verify/rank'), folder, '--ranks', String(count), '--threads', String(threads), ...stop],
    ranks: count,
    environment: process.env,
    logOf: (rank) => join(folder, `rank-${rank}.log`),
    output: { isTerminal: false, write: (line) => lines.push(line.trim()) },
    onSignal: passSignals,
  });
  return exitCode === 0 ? null : `ended with exit code ${exitCode}: ${why ?? lines.at(-1) ?? ''}`;
}

interface FaultsOptions {
  readonly campaigns: number;
  readonly seed: number;
  readonly json?: true;
}

root
  .command('faults')
  .description('small runs on a disk that goes wrong: each ends as an undisturbed one or in a named refusal')
  .option('--campaigns <n>', 'how many, seed after seed', positive, 200)
  .option('--seed <s>', 'of the first one', positive, 1)
  .option('--json', 'print one JSON document in place of text')
  .action(async ({ campaigns, seed: firstSeed, json }: FaultsOptions) => {
    const label = 'campaigns of faults';
    const progress = new Progress(standardError(), systemClock, { label, total: campaigns, unit: 'campaigns' });
    const both = [recipeNamed('shapes-ct'), recipeNamed('shapes-ict')];
    const run = await runCampaigns({ recipes: both, campaigns, firstSeed, onDone: (done) => progress.update(done) });
    progress.finish();
    console.log(json ? JSON.stringify({ ...run, holds: run.wrong.length === 0 }, null, 2) : campaignsText(run));
    if (run.wrong.length > 0) process.exitCode = exitCodes.failed;
  });

interface ReplayOptions {
  readonly against?: string;
  readonly data?: string;
  readonly steps: number;
  readonly json?: true;
}

root
  .command('replay')
  .description('the first steps of a result again, or another result: the first step and tensor that differ')
  .argument('<result>', 'result.json of a cell that was trained')
  .option('--against <result>', 'compare with this result, whole, and run nothing')
  .option('--steps <n>', 'how many steps are run again', positive, 16)
  .option('--data <path>', 'images that the result was trained on, in place of what would be downloaded')
  .option('--json', 'print one JSON document in place of text')
  .action(async (recorded: string, { against, data, steps, json }: ReplayOptions) => {
    const run = recordedRun(recorded);
    const { plan } = run.circumstances;
    const again =
      against === undefined
        ? await runAgain(await engineOf(plan), plan, {
            steps,
            root: checkout,
            output: standardError(),
            ...(data !== undefined && { data }),
          })
        : recordedRun(against);
    const names = { recorded, again: against ?? `${steps} steps here` };
    const replay = compareRuns(names, run, again, against === undefined ? steps : undefined);
    console.log(json ? JSON.stringify({ ...replay, holds: replays(replay) }, null, 2) : replayText(replay));
    if (!replays(replay)) process.exitCode = exitCodes.failed;
  });

function withProofOptions(command: Command): Command {
  return command
    .option('--recipe <id>', 'any recipe', 'shapes-ct')
    .addOption(deviceOption())
    .option('--seed <number>', 'of the run', positive, 1)
    .option('--full-size', "the recipe's own network, distance and data in place of tiny ones")
    .option('--steps <n>', 'length of the run', positive)
    .option('--batch <images>', 'images per step', positive)
    .option('--json', 'print one JSON document in place of text');
}

function proofOf(
  { recipe: id, device: asked, seed, fullSize, steps, batch }: Options,
  engine: Partial<EngineSettings> = {},
): { plan: Plan; subject: string } {
  const device = detectedDevice(asked);
  const plan = proofPlan({
    recipe: recipeNamed(id),
    seed,
    engine: { device, ...engine },
    ...(fullSize && { fullSize }),
    ...(steps !== undefined && { steps }),
    ...(batch !== undefined && { batchImages: batch }),
  });
  const { steps: length, batchImages } = plan.asRun;
  const size = fullSize ? 'at full size' : 'tiny';
  return { plan, subject: `${id}, ${size}, ${length} steps of ${batchImages} images on the ${device}, seed ${seed}` };
}

function engineOf({ engine: { device, tf32, deterministic } }: Plan): Promise<Engine> {
  return openEngine({ device, tf32, deterministic, threads: availableParallelism(), output: standardError() });
}

function cellProcess(folder: string, killAfter?: number): [string, ...string[]] {
  const kill = killAfter === undefined ? [] : ['--kill-after', String(killAfter)];
  return [...ownProcess('verify/cell'), folder, ...kill];
}

function onDone(what: string): void {
  standardError().write(`${what}: run\n`);
}

function finish(proved: Proof, plan: Plan, { json }: Options): void {
  const proof = explained(proved, plan);
  console.log(json ? JSON.stringify({ ...proof, holds: holds(proof) }, null, 2) : proofText(proof));
  if (!holds(proof)) process.exitCode = exitCodes.failed;
}

function recipeNamed(id: string): Recipe {
  const recipe = Object.hasOwn(recipes, id) ? recipes[id] : undefined;
  if (recipe) return recipe;
  const remedy = suggestion(id, Object.keys(recipes));
  throw new UsageError({ where: '--recipe', got: id, expected: 'the id of a recipe', remedy });
}

function list(text: string): number[] {
  return text.split(',').map(positive);
}

await runCommand(root);
