/** @file State of the first GPU as its driver reports it: memory, other users, clocks, usable kernels. */
import { askNvidiaSmi, ofFirstGpu } from './nvidia-smi.ts';

export interface GpuState {
  readonly model: string;
  readonly driver: string;
  readonly capability: number;
  readonly memoryBytes: number;
  readonly freeBytes: number;
  /** Error-correcting memory; null where the GPU has none or the driver does not say. */
  readonly ecc: boolean | null;
  /** Of the multiprocessors, now and at most. */
  readonly megahertz: number | null;
  readonly mostMegahertz: number | null;
  /** Processes that hold memory of the GPU. */
  readonly users: readonly GpuUser[];
}

interface GpuUser {
  readonly pid: number;
  readonly program: string;
  readonly bytes: number | null;
}

/** Asked for in this order. */
const fields = [
  'name',
  'driver_version',
  'compute_cap',
  'memory.total',
  'memory.free',
  'ecc.mode.current',
  'clocks.sm',
  'clocks.max.sm',
] as const;

/** @returns undefined where there is no driver to ask. */
export function askGpuState(environment: NodeJS.ProcessEnv = process.env): GpuState | undefined {
  const ask = (query: string): string => askNvidiaSmi(ofFirstGpu(query, environment), environment) ?? '';
  return readGpuState(ask(`--query-gpu=${fields.join(',')}`), ask('--query-compute-apps=pid,process_name,used_memory'));
}

/** @param gpus, processes what nvidia-smi prints for `fields` and for `pid,process_name,used_memory` */
export function readGpuState(gpus: string, processes: string): GpuState | undefined {
  const parts = gpus.split('\n')[0]?.split(', ') ?? [];
  const [model, driver, capability, total, free, ecc, clock, mostClock] = parts.map((part) => part.trim());
  if (!model || !driver || !(Number(capability) > 0)) return undefined;
  const mebibytes = (text: string | undefined): number => Number(text) * 2 ** 20;
  return {
    model,
    driver,
    capability: Number(capability),
    memoryBytes: mebibytes(total),
    freeBytes: mebibytes(free),
    ecc: ecc === 'Enabled' ? true : ecc === 'Disabled' ? false : null,
    megahertz: numberOrNull(clock),
    mostMegahertz: numberOrNull(mostClock),
    users: processes
      .split('\n')
      .map((line) => line.split(', '))
      .filter(([pid]) => /^\d+$/.test(pid ?? ''))
      .map(([pid, program, used]) => {
        const amount = numberOrNull(used);
        return { pid: Number(pid), program: program ?? '', bytes: amount === null ? null : amount * 2 ** 20 };
      }),
  };
}

/**
 * Compute capabilities for which the pinned TensorFlow holds machine code; it runs on every later one of the same generation. Read from the
 * fatbins of libtensorflow_cc.so.2 of the 2.21.0 wheel, as is the intermediate code from which the driver compiles for newer ones.
 */
const nativeCapabilities = [6.0, 7.0, 8.0, 8.9, 9.0] as const;
const intermediateCapability = 9.0;

/** How a GPU runs TensorFlow's kernels: as they are, after the driver has compiled them (tens of minutes at the first start), or not. */
export function kernelsFor(capability: number): 'native' | 'compiled by the driver' | 'none' {
  const generation = Math.floor(capability);
  const isNative = nativeCapabilities.some((one) => Math.floor(one) === generation && one <= capability);
  if (isNative) return 'native';
  return capability >= intermediateCapability ? 'compiled by the driver' : 'none';
}

function numberOrNull(text: string | undefined): number | null {
  const digits = text?.trim() ?? '';
  const value = Number(digits);
  return digits !== '' && Number.isFinite(value) ? value : null;
}
