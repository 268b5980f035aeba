/** @file Runs the cells of a run by the executor that was asked for. */
import type { Clock } from '../../core/clock.ts';
import { costOf } from '../../plan/cost.ts';
import type { Plan } from '../../plan/types.ts';
import { silence, type Output } from '../../system/progress.ts';
import { passSignals } from '../signals.ts';
import type { CellEnd, CellProcess } from './contract.ts';
import { readGpus } from './gpus.ts';
import { runCellsLocally } from './local.ts';
import { choosePlaces } from './places.ts';
import { renderCells } from './render/render.ts';
import { runCellsOnSlurm } from './slurm/slurm.ts';

/** `local`: processes of this machine. `slurm`: a job array of a cluster. `render`: files for clusters that are started by hand. */
export const executors = ['local', 'slurm', 'render'] as const;
type ExecutorName = (typeof executors)[number];

export interface ExecuteOptions {
  readonly executor: ExecutorName;
  /** Cells at once. */
  readonly jobs?: number;
  /** Processes of each cell, one per GPU; absent: one. */
  readonly ranks?: number;
  /** Local: GPUs are used although other processes use them. */
  readonly shareGpu?: true;
  /** Further attempts at a cell after a passing failure. */
  readonly retries: number;
  /** Local: minutes without a sign of life after which a cell is ended. */
  readonly wedgedAfter: number;
  /** Slurm: options of sbatch. */
  readonly cluster?: readonly string[];
  /** Slurm: waits until every cell has ended. */
  readonly watch?: true;
  /** Render: container image, claim of the volume with the checkout, and what a cloud calls the GPU. */
  readonly image?: string;
  readonly claim?: string;
  readonly accelerator?: string;
  /** Further draws that finished cells are to have. */
  readonly redraws?: number;
}

/** The run whose cells they are. */
export interface ExecutedRun {
  readonly runFolder: string;
  readonly plans: readonly [Plan, ...Plan[]];
  /** Root of the checkout. */
  readonly checkout: string;
  readonly output: Output;
  readonly clock: Clock;
}

/** @throws as the executors */
export function executeCells(
  cells: readonly CellProcess[],
  options: ExecuteOptions,
  run: ExecutedRun,
): Promise<readonly CellEnd[]> {
  const ofCluster = {
    ...run,
    device: run.plans[0].engine.device,
    ...(options.jobs !== undefined && { jobs: options.jobs }),
    ...(options.ranks !== undefined && { ranks: options.ranks }),
    retries: options.retries,
    cluster: options.cluster ?? [],
  };
  switch (options.executor) {
    case 'local':
      return executeHere(cells, options, run);
    case 'slurm':
      return runCellsOnSlurm(cells, {
        ...ofCluster,
        finishedToo: options.redraws !== undefined,
        watch: options.watch ?? false,
        environment: process.env,
      });
    case 'render':
      renderCells(cells, {
        ...ofCluster,
        image: options.image ?? 'docker.io/library/node:22-bookworm',
        claim: options.claim ?? 'consistency',
        accelerator: options.accelerator ?? 'H100',
      });
      return Promise.resolve([]);
  }
}

/**
 * Refuses a run that has no place here, before anything is fetched or written for it.
 * @throws EngineError (exit code 69) when other processes use every GPU
 */
export function requirePlaces(options: ExecuteOptions, plans: ExecutedRun['plans']): void {
  if (options.executor === 'local') placesHere(plans.length, options, { plans, output: silence });
}

function executeHere(cells: readonly CellProcess[], options: ExecuteOptions, run: ExecutedRun) {
  const { output, clock, checkout } = run;
  const places = placesHere(cells.length, options, run);
  const wedgedAfterMs = options.wedgedAfter * 60_000;
  const { retries } = options;
  return runCellsLocally(cells, { places, onSignal: passSignals, checkout, clock, output, retries, wedgedAfterMs });
}

function placesHere(
  cells: number,
  { jobs, shareGpu, ranks }: ExecuteOptions,
  { plans, output }: Pick<ExecutedRun, 'plans' | 'output'>,
) {
  const { env: environment } = process;
  const request = {
    device: plans[0].engine.device,
    cells,
    peakBytes: Math.max(...plans.map((plan) => costOf(plan).bytes.peak)),
    ...(jobs !== undefined && { jobs }),
    ...(shareGpu && { shareGpu }),
    ...(ranks !== undefined && { ranks }),
  };
  const availableBytes = process.availableMemory();
  return choosePlaces(request, { environment, availableBytes, gpus: () => readGpus(environment), output });
}
