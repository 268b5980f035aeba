/** @file Reports the engine's machine facts: GPU in use, library versions, threads, hardware formats. */
import { readText } from '../../system/files/input-file.ts';
import { firstGpu } from '../install/machine/nvidia-smi.ts';
import type { Engine } from '../load.ts';
import type { Device } from '../../core/device.ts';

interface Gpu {
  readonly model: string;
  readonly memoryBytes: number | null;
  readonly driver: string | null;
}

/** For the machine part of a result. */
export interface EngineFacts {
  readonly gpu: Gpu | null;
  readonly tensorflow: string;
  readonly tfjs: string;
  readonly threads: { readonly intraOp: number | null; readonly interOp: number | null };
}

/** Whether the hardware computes in the format, or null where that is not known. */
export interface HardwareFormats {
  readonly tensorFloat32: boolean | null;
  readonly bfloat16: boolean | null;
}

export function engineFacts(engine: Engine, environment: NodeJS.ProcessEnv = process.env): EngineFacts {
  const interOp = Number(environment.TF_NUM_INTEROP_THREADS ?? NaN);
  return {
    gpu: engine.device === 'gpu' ? gpuOrUnknown(environment) : null,
    tensorflow: engine.tensorflowVersion,
    tfjs: engine.tfjsVersion,
    threads: { intraOp: engine.threads, interOp: Number.isInteger(interOp) && interOp > 0 ? interOp : null },
  };
}

/** Both formats came with compute capability 8.0 (Ampere); on the CPU TensorFloat-32 does not exist. */
export function hardwareFormats(device: Device, environment: NodeJS.ProcessEnv = process.env): HardwareFormats {
  if (device === 'gpu') {
    const capability = firstGpu(environment)?.capability;
    const modern = capability === undefined ? null : capability >= 8;
    return { tensorFloat32: modern, bfloat16: modern };
  }
  return {
    tensorFloat32: false,
    bfloat16: processorFlags()?.some((flag) => /^(avx512|amx|avx)_bf16$/.test(flag)) ?? null,
  };
}

/** Bytes of memory of the first GPU that this process sees; undefined where the driver cannot be asked. */
export function gpuMemory(environment: NodeJS.ProcessEnv = process.env): number | undefined {
  return firstGpu(environment)?.memoryBytes ?? undefined;
}

/** Name of the first GPU that this process sees. */
export function deviceModel(environment: NodeJS.ProcessEnv = process.env): string {
  return gpuOrUnknown(environment).model;
}

const unknownGpu: Gpu = { model: 'an NVIDIA GPU (nvidia-smi is missing)', memoryBytes: null, driver: null };

function gpuOrUnknown(environment: NodeJS.ProcessEnv): Gpu {
  const gpu = firstGpu(environment);
  return gpu ? { model: gpu.model, memoryBytes: gpu.memoryBytes, driver: gpu.driver } : unknownGpu;
}

function processorFlags(): string[] | undefined {
  try {
    return /^flags\s*: (.*)$/m.exec(readText('/proc/cpuinfo'))?.[1]?.split(' ');
  } catch {
    return undefined;
  }
}
