/** @file Chooses the device of a run before anything is installed. */
import { gpuMemory } from './facts.ts';
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
