/** @file Asks NVIDIA's nvidia-smi: what changes each time, and what a GPU is once in a process. */
import { spawnSync } from 'node:child_process';
import { findProgram } from '../../../system/process/program.ts';

/** @returns what it prints; undefined where it is missing or fails */
export function askNvidiaSmi(args: readonly string[], environment: NodeJS.ProcessEnv): string | undefined {
  const program = findProgram('nvidia-smi', environment);
  if (program === undefined) return undefined;
  const { status, stdout } = spawnSync(program, args, { encoding: 'utf8', timeout: 20_000, env: environment });
  return status === 0 ? stdout : undefined;
}

const answers = new WeakMap<NodeJS.ProcessEnv, Map<string, string | undefined>>();

/** The same for what does not change while a process runs: it takes a second where the driver is not kept loaded. */
export function askNvidiaSmiOnce(args: readonly string[], environment: NodeJS.ProcessEnv): string | undefined {
  const kept = answers.get(environment) ?? new Map<string, string | undefined>();
  answers.set(environment, kept);
  const question = args.join(' ');
  if (!kept.has(question)) kept.set(question, askNvidiaSmi(args, environment));
  return kept.get(question);
}

/** A query in CSV about the first GPU that the process sees. */
export function ofFirstGpu(query: string, environment: NodeJS.ProcessEnv): string[] {
  const first = environment.CUDA_VISIBLE_DEVICES?.split(',')[0]?.trim();
  return [query, '--format=csv,noheader,nounits', ...(first ? ['-i', first] : [])];
}

/** What a GPU is: it does not change. */
interface GpuKind {
  readonly model: string;
  readonly memoryBytes: number | null;
  readonly driver: string | null;
  readonly capability: number;
}

/** The first GPU that the process sees; undefined where the driver cannot be asked. */
export function firstGpu(environment: NodeJS.ProcessEnv): GpuKind | undefined {
  const query = '--query-gpu=name,memory.total,driver_version,compute_cap';
  const said = askNvidiaSmiOnce(ofFirstGpu(query, environment), environment);
  const [model, mebibytes, driver, capability] = said?.split('\n')[0]?.split(', ') ?? [];
  if (!model || !capability) return undefined;
  const memoryBytes = Number(mebibytes) * 2 ** 20;
  return {
    model,
    memoryBytes: memoryBytes > 0 ? memoryBytes : null,
    driver: driver ?? null,
    capability: Number(capability),
  };
}
