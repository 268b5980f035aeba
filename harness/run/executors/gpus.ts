/** @file Reads which GPUs there are and which processes use them, as NVIDIA's nvidia-smi tells it. */
import { spawnSync } from 'node:child_process';
import { EngineError, described, exitCodes } from '../../core/errors.ts';
import { findProgram } from '../../system/process/program.ts';

export interface Gpu {
  readonly index: number;
  /** `GPU-` and 32 hex digits: what CUDA_VISIBLE_DEVICES takes. */
  readonly uuid: string;
  readonly model: string;
  readonly freeBytes: number;
  readonly processes: readonly GpuProcess[];
}

interface GpuProcess {
  readonly pid: number;
  readonly program: string;
  /** Null where the driver does not say. */
  readonly bytes: number | null;
}

/**
 * The GPUs of this machine that CUDA_VISIBLE_DEVICES does not hide, in its order.
 * @returns null where they cannot be told: there is no nvidia-smi, or the variable names parts of GPUs
 * @throws EngineError (exit code 69) when nvidia-smi fails or says what cannot be understood
 */
export function readGpus(environment: NodeJS.ProcessEnv): Gpu[] | null {
  const program = findProgram('nvidia-smi', environment);
  if (program === undefined) return null;
  const ask = (what: string) => rowsOf(program, `--query-${what}`, environment);
  // The name of a program may hold commas.
  const processes = ask('compute-apps=gpu_uuid,pid,used_gpu_memory,process_name');
  const gpus = ask('gpu=index,uuid,name,memory.free').map(([index, uuid, model, free]): Gpu => {
    const of = processes.filter(([where]) => where === uuid);
    return {
      index: Number(index),
      uuid: uuid!,
      model: model!,
      freeBytes: mebibytes(free) ?? 0,
      processes: of.map(([, pid, used, ...name]) => ({
        pid: Number(pid),
        program: name.join(', '),
        bytes: mebibytes(used),
      })),
    };
  });
  return visibleOf(gpus, environment.CUDA_VISIBLE_DEVICES);
}

/** CUDA reads the list up to the first entry that it does not know; numbers count in the order of the bus, as nvidia-smi does. */
function visibleOf(gpus: readonly Gpu[], visible: string | undefined): Gpu[] | null {
  if (visible === undefined) return [...gpus];
  const entries = visible.split(',').map((entry) => entry.trim());
  if (entries.some((entry) => entry.startsWith('MIG-'))) return null;
  const found = entries.map((entry) =>
    /^\d+$/.test(entry) ? gpus.find(({ index }) => index === Number(entry)) : byBeginning(gpus, entry),
  );
  const end = found.indexOf(undefined);
  return found.slice(0, end < 0 ? undefined : end) as Gpu[];
}

function byBeginning(gpus: readonly Gpu[], entry: string): Gpu | undefined {
  return entry === '' ? undefined : gpus.find(({ uuid }) => uuid.startsWith(entry));
}

function rowsOf(program: string, query: string, environment: NodeJS.ProcessEnv): string[][] {
  const args = [query, '--format=csv,noheader,nounits'];
  const { status, stdout } = spawnSync(program, args, { encoding: 'utf8', timeout: 60_000, env: environment });
  const rows = stdout.split('\n').filter((line) => line.trim() !== '');
  const columns = query.split(',').length;
  const cells = rows.map((row) => row.split(',').map((cell) => cell.trim()));
  const short = cells.findIndex(({ length }) => length < columns);
  if (status === 0 && short < 0) return cells;
  throw new EngineError(
    {
      where: `nvidia-smi ${query}`,
      got: status === 0 ? rows[short] : described(status === null ? 'no answer' : `exit code ${status}`),
      expected: `a line of ${columns} values for each`,
      remedy: "Repair NVIDIA's driver, or ask for the CPU with --device cpu",
    },
    { exitCode: exitCodes.noDevice },
  );
}

function mebibytes(text: string | undefined): number | null {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) * 2 ** 20 : null;
}
