/**
 * @file Opens the engine: `openEngine`, the first call of every command.
 *
 * Installs the engine where that has not been done, and loads it into this process.
 */
import { EngineError, HarnessError, described, exitCodes } from '../core/errors.ts';
import type { Output } from '../system/progress.ts';
import { findGpu } from './install/machine/gpu.ts';
import { ensureEngine, type InstalledEngine } from './install/install.ts';
import { proveAddon } from './install/addon/proof.ts';
import { loadEngine, type Engine, type LoadOptions } from './load.ts';
import type { DeviceChoice } from '../core/device.ts';

export interface OpenOptions extends Omit<LoadOptions, 'addon' | 'device'> {
  /** `auto` (the default): the GPU where there is one, which then must be usable; else the CPU. */
  readonly device?: DeviceChoice;
  /** Where the installation shows its progress. */
  readonly output: Output;
}

/**
 * The engine, loaded. There is one per process: a second call returns the first one's, and refuses another device.
 * @throws whatever `ensureEngine` and `loadEngine` throw; for a GPU that TensorFlow does not use the error names what is missing
 */
export async function openEngine({ device = 'auto', output, ...settings }: OpenOptions): Promise<Engine> {
  const installed = await ensureEngine({ device }, output);
  try {
    return loadEngine({ ...settings, addon: installed.addon, device: installed.device });
  } catch (thrown) {
    if (thrown instanceof EngineError && thrown.exitCode === exitCodes.noDevice)
      await explainUnusedGpu(installed, output);
    if (thrown instanceof HarnessError || !(thrown instanceof Error)) throw thrown;
    throw unloadable(installed, thrown);
  }
}

/** Loading tells only that the GPU is not used; a process that listens to TensorFlow's messages tells why. */
async function explainUnusedGpu({ addon }: InstalledEngine, output: Output): Promise<void> {
  const environment = process.env;
  const gpu = findGpu(environment);
  await proveAddon(addon, gpu.found ? gpu.sign : 'as asked', {
    environment,
    output,
    signal: new AbortController().signal,
  });
}

function unloadable({ addon }: InstalledEngine, cause: Error): EngineError {
  return new EngineError(
    {
      where: addon,
      got: described(`a library that this machine cannot load: ${cause.message.split('\n')[0]?.slice(0, 160) ?? ''}`),
      expected: 'one that was built on this machine or a like one',
      remedy:
        'Give this machine a cache folder of its own with CONSISTENCY_CACHE, or run `npm run engine -- remove` and start again',
    },
    { cause },
  );
}
