/** @file Chooses the device of a run before anything is installed. */
import { cpus } from 'node:os';
import { deviceModel, gpuMemory } from './facts/facts.ts';
import { wheelSet } from './install/library/wheel-set.ts';
import { chooseTarget } from './install/machine/target.ts';
import type { Device, DeviceChoice } from '../core/device.ts';

/**
 * `auto` (the default) is the GPU where there is one, else the CPU.
 * @throws EngineError (exit code 69) when a GPU is asked for and there is none
 */
export function detectedDevice(choice: DeviceChoice = 'auto', environment: NodeJS.ProcessEnv = process.env): Device {
  return chooseTarget({ device: choice }, environment).device;
}

/** Bytes of the first GPU that this process sees, as its driver says; undefined for the CPU and where the driver cannot be asked. */
export function deviceMemory(device: Device, environment: NodeJS.ProcessEnv = process.env): number | undefined {
  return device === 'gpu' ? gpuMemory(environment) : undefined;
}

/** The GPU as its driver names it, or the processor. */
export function hardwareName(device: Device, environment: NodeJS.ProcessEnv = process.env): string {
  return device === 'gpu' ? deviceModel(environment) : (cpus()[0]?.model.trim() ?? 'unknown');
}

/** The version of TensorFlow that is pinned for the device; undefined where the user named another one. */
export function pinnedTensorFlow(device: Device, environment: NodeJS.ProcessEnv = process.env): string | undefined {
  return environment.CONSISTENCY_TENSORFLOW ? undefined : wheelSet(device).requirements[0]!.version;
}
