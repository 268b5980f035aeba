/** @file Places where cells run at once: one per unused GPU; on a CPU, as many as memory allows. */
import { EngineError, described, exitCodes } from '../../core/errors.ts';
import { formatBytes } from '../../core/units.ts';
import type { EngineSettings } from '../../plan/types.ts';
import type { Output } from '../../system/progress.ts';
import type { Gpu } from './gpus.ts';
import type { Place } from './local.ts';

export interface PlacesRequest {
  readonly device: EngineSettings['device'];
  /** Cells to be run. */
  readonly cells: number;
  /** The most that one cell holds at once, estimated: of the process on a CPU, of the device on a GPU. */
  readonly peakBytes: number;
  /** Cells at once; by default one on a CPU, one per GPU elsewhere. */
  readonly jobs?: number;
  /** GPUs are used although other processes use them. */
  readonly shareGpu?: boolean;
  /** Processes of each cell: one per GPU. By default one. */
  readonly ranks?: number;
}

/** The machine as it is now. */
export interface MachineNow {
  readonly environment: NodeJS.ProcessEnv;
  /** Memory that new processes can have. */
  readonly availableBytes: number;
  /** Null where GPUs cannot be told apart. */
  readonly gpus: () => Gpu[] | null;
  readonly output: Output;
}

/**
 * What was asked for and cannot be is said in a line, and less is done.
 * @throws EngineError (exit code 69) when other processes use every GPU
 */
export function choosePlaces(request: PlacesRequest, machine: MachineNow): [Place, ...Place[]] {
  const all = request.device === 'gpu' ? gpuPlaces(request, machine) : cpuPlaces(request, machine);
  const [first, ...others] = all.slice(0, Math.max(1, Math.min(request.cells, request.jobs ?? all.length)));
  return [first!, ...others];
}

function cpuPlaces(
  { jobs = 1, peakBytes, ranks = 1 }: PlacesRequest,
  { environment, availableBytes, output }: MachineNow,
) {
  const fitting = Math.max(1, Math.floor(availableBytes / (ranks * peakBytes)));
  if (jobs > fitting)
    output.write(
      `--jobs ${jobs}: ${fitting} at once, since a cell takes about ${formatBytes(ranks * peakBytes)} of the ${formatBytes(availableBytes)} of memory that are free\n`,
    );
  return Array.from({ length: Math.min(jobs, fitting) }, (): Place => ({ environment }));
}

function gpuPlaces(
  { jobs = 1, shareGpu = false, ranks = 1 }: PlacesRequest,
  { environment, gpus, output }: MachineNow,
): Place[] {
  const all = gpus();
  if (!all) {
    if (jobs > 1) output.write(`--jobs ${jobs}: one at once, since nvidia-smi does not tell the GPUs apart\n`);
    return [{ environment }];
  }
  const free = all.filter((gpu) => shareGpu || gpu.processes.length === 0);
  if (free.length === 0) throw noFreeGpu(all);
  for (const gpu of all) if (!free.includes(gpu)) output.write(`${inWords(gpu)}: left to its users\n`);
  if (free.length < ranks) throw tooFewGpus(ranks, free.length);
  const cells = Math.floor(free.length / ranks);
  const each = ranks === 1 ? 'one cell per GPU' : `each with ${ranks} GPUs`;
  if (jobs > cells) output.write(`--jobs ${jobs}: ${cells} at once, ${each}\n`);
  return Array.from({ length: cells }, (_, cell): Place => {
    const own = free.slice(cell * ranks, (cell + 1) * ranks).map(({ uuid }) => uuid);
    return { environment: { ...environment, CUDA_VISIBLE_DEVICES: own.join(',') } };
  });
}

function tooFewGpus(ranks: number, free: number): EngineError {
  return new EngineError(
    {
      where: '--ranks',
      got: ranks,
      expected: `at most ${free}, the GPUs that are free here: each rank takes one`,
      remedy: 'Start fewer ranks; other GPUs, or more hosts, by torchrun or srun',
    },
    { exitCode: exitCodes.noDevice },
  );
}

function noFreeGpu(gpus: readonly Gpu[]): EngineError {
  return new EngineError(
    {
      where: 'GPU',
      got: described(gpus.length === 0 ? 'none that CUDA_VISIBLE_DEVICES shows' : gpus.map(inWords).join('; ')),
      expected: 'one that no other process uses: its speed and memory are a part of the result',
      remedy:
        'Wait for those processes or end them, choose GPUs with CUDA_VISIBLE_DEVICES, or allow it with --share-gpu',
    },
    { exitCode: exitCodes.noDevice },
  );
}

/** `GPU 0 (NVIDIA L4) is used by process 4711 (python, 2.00 GiB)` */
function inWords({ index, model, processes }: Gpu): string {
  const users = processes.map(
    ({ pid, program, bytes }) => `process ${pid} (${program}${bytes === null ? '' : `, ${formatBytes(bytes)}`})`,
  );
  return `GPU ${index} (${model}) is used by ${users.join(' and ')}`;
}
