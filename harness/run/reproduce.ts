/** @file Runs all cells of a run: registers it, places the plans, runs the cells, reads their results. */
import { join } from 'node:path';
import type { Clock } from '../core/clock.ts';
import { CheckpointedExit, PlanError, exitCodes } from '../core/errors.ts';
import { planFileName, readPlan, writePlan } from '../plan/plan-file.ts';
import type { Plan } from '../plan/types.ts';
import type { Judgement } from '../results/judgement.ts';
import { cellFolderName, registerRun } from '../results/registration.ts';
import { readRun, type Run } from '../results/run.ts';
import { cacheFolder } from '../system/cache-folder.ts';
import { exists, makeFolder } from '../system/files/files.ts';
import { requireWorkFolder } from '../system/files/writable-folder.ts';
import type { Output } from '../system/progress.ts';
import type { CellEnd, CellProcess } from './executors/contract.ts';
import { requireRoomForImages, requireRoomForRun } from './space.ts';
import { lockRun } from './run-lock.ts';
import { provide, type CellsRun, type GivenFiles } from './provide.ts';

export interface Reproduction {
  readonly runFolder: string;
  /** One per cell, of one data set. */
  readonly plans: readonly Plan[];
  readonly files: GivenFiles;
  /** The command line that repeats the run, as a person would type it. */
  readonly command: string;
  /** The process that runs a cell. */
  readonly cellProcess: (folder: string) => CellProcess['command'];
  /** Fetches what cells need; `provide` unless another is given. */
  readonly provide?: typeof provide;
  /** Runs the cells; it throws a CheckpointedExit when a stop was asked for. */
  readonly execute: (cells: readonly CellProcess[]) => Promise<readonly CellEnd[]>;
  /** Why what was registered is changed although the run has begun. */
  readonly amend?: string;
  readonly onRegistered: (judgement: Judgement) => void;
  readonly where: CellsRun;
  readonly output: Output;
  readonly clock: Clock;
}

export interface Reproduced {
  readonly run: Run;
  /** Of the first cell that did not end well. */
  readonly exitCode: number;
}

/**
 * Runs every cell that has no result yet, after everything that they need was fetched; started again, it goes on where it stopped.
 * @throws CheckpointedExit when a stop was asked for; PlanError when a folder holds another plan; DataError as `provide`
 */
export async function reproduce(request: Reproduction): Promise<Reproduced> {
  const { runFolder, plans, command, amend } = request;
  if (request.where !== 'unknown') {
    requireRoomForRun(runFolder, plans);
    requireRoomForImages(plans[0]!, request.files.data, cacheFolder());
  }
  const images = await (request.provide ?? provide)(plans[0]!, request.files, request);
  if (request.where === 'unknown') makeFolder(runFolder);
  else requireWorkFolder(runFolder);
  const { judgement } = registerRun(runFolder, { plans, command, ...images, ...(amend !== undefined && { amend }) });
  request.onRegistered(judgement);
  const cells = plans.map((plan) => placeCell(plan, request));
  const ends = await executeAlone(request, cells);
  const failed = ends.find(({ exitCode }) => exitCode !== exitCodes.done);
  return { run: readRun(runFolder), exitCode: failed?.exitCode ?? exitCodes.done };
}

/** Runs the cells while no other process starts cells of this run. */
async function executeAlone(request: Reproduction, cells: readonly CellProcess[]): Promise<readonly CellEnd[]> {
  const lock = await lockRun(request.runFolder, request);
  try {
    return await request.execute(cells);
  } catch (thrown) {
    if (!(thrown instanceof CheckpointedExit)) throw thrown;
    throw new CheckpointedExit(`${thrown.message}. Everything is kept; go on with: ${request.command}`);
  } finally {
    lock.release();
  }
}

/** Writes the plan of a cell, or finds the same one there. */
function placeCell(plan: Plan, { runFolder, cellProcess }: Reproduction): CellProcess {
  const folder = join(runFolder, cellFolderName(plan.recipe.id, plan.seed));
  const path = join(folder, planFileName);
  if (exists(path)) requireSamePlan(path, plan);
  else writePlan(path, plan);
  return { name: `${plan.recipe.id} seed ${plan.seed}`, folder, command: cellProcess(folder) };
}

function requireSamePlan(path: string, plan: Plan): void {
  const there = readPlan(path);
  if (there.fingerprint === plan.fingerprint) return;
  throw new PlanError({
    where: path,
    got: there.fingerprint.slice(0, 12),
    expected: `plan ${plan.fingerprint.slice(0, 12)}: recipe, scale, seed or engine settings have changed since the run began`,
    remedy: 'Give the new run a name with --name, or move the old folder away',
  });
}
