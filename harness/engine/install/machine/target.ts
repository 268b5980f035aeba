/** @file Chooses which engine to install: for the GPU here, for the CPU, or for a GPU elsewhere. */
import { EngineError, described, exitCodes } from '../../../core/errors.ts';
import { findGpu } from './gpu.ts';
import type { Device, DeviceChoice } from '../../../core/device.ts';

export interface TargetOptions {
  /** `auto`: the GPU where there is one, which then must be usable; else the CPU. */
  readonly device: DeviceChoice;
  /** Whether the GPU's library may be installed where no GPU is, for use elsewhere: it is then proven on the CPU. */
  readonly forElsewhere?: boolean;
}

export interface Target {
  readonly device: Device;
  /** What shows the GPU that must be used; absent for the CPU and for a GPU elsewhere. */
  readonly gpuSign: string | undefined;
  /** Why it is this device, for the person. */
  readonly because: string;
}

/** @throws EngineError (exit code 69) when a GPU is asked for and there is none */
export function chooseTarget({ device, forElsewhere }: TargetOptions, environment: NodeJS.ProcessEnv): Target {
  if (device === 'cpu') return { device: 'cpu', gpuSign: undefined, because: 'as asked' };
  const gpu = findGpu(environment);
  if (gpu.found) return { device: 'gpu', gpuSign: gpu.sign, because: gpu.sign };
  if (device === 'auto') return { device: 'cpu', gpuSign: undefined, because: gpu.why };
  if (forElsewhere) return { device: 'gpu', gpuSign: undefined, because: `as asked; ${gpu.why} here` };
  throw new EngineError(
    {
      where: 'engine',
      got: described(gpu.why),
      expected: 'an NVIDIA GPU, since it was asked for',
      remedy: 'Run on a machine with one, or ask for the CPU with --device cpu',
    },
    { exitCode: exitCodes.noDevice },
  );
}
