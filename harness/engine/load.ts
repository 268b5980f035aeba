/**
 * @file Loads the native library into this process, once, with the settings of the plan.
 *
 * It is loaded through the addon that this project compiled.
 */
import { exists } from '../system/files/files.ts';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import util from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import { EngineError, described, exitCodes } from '../core/errors.ts';
import { backend, type Binding } from './binding.ts';
import { registerDeviceGradients } from './operations/gradients.ts';
import type { Device } from '../core/device.ts';

export interface LoadOptions {
  /** The compiled addon. */
  readonly addon: string;
  readonly device: Device;
  /** Threads inside an operation; absent: one per core. */
  readonly threads?: number;
  /** Whether TensorFlow's own messages are shown. */
  readonly verbose?: boolean;
  readonly deterministic?: boolean;
  /** Whether a GPU may round float32 matrix products and convolutions to TensorFloat-32. */
  readonly tf32?: boolean;
}

export interface Engine {
  readonly tensorflowVersion: string;
  readonly tfjsVersion: string;
  readonly device: Device;
  readonly devices: readonly string[];
  readonly threads: number | null;
  readonly binding: Binding;
}

let loaded: { readonly engine: Engine; readonly options: LoadOptions } | undefined;

/**
 * Loads the engine, or returns the one that is loaded.
 * @throws EngineError when another engine or device is already loaded in this process, the addon is not this project's, or a GPU was asked
 *   for and TensorFlow does not use it
 */
export function loadEngine(options: LoadOptions): Engine {
  if (loaded) {
    if (loaded.options.addon !== options.addon || loaded.options.device !== options.device) {
      throw new EngineError({
        where: 'engine',
        got: described(`a second engine (${options.device}, ${options.addon})`),
        expected: `one per process: ${loaded.options.device}, ${loaded.options.addon} is loaded`,
        remedy: 'Start another process',
      });
    }
    return loaded.engine;
  }
  setEnvironment(options);
  const require = createRequire(import.meta.url);
  restoreOldUtil();
  // The package looks its addon up inside node_modules; ours lives in the cache folder.
  const finder = require('@mapbox/node-pre-gyp/lib/pre-binding') as { find: unknown };
  finder.find = () => options.addon;
  if (!exists(options.addon)) {
    throw new EngineError({
      where: options.addon,
      got: described('no file'),
      expected: 'the compiled engine',
      remedy: 'Run `npm run engine -- install`',
    });
  }
  quietly(options, require, () => require('@tensorflow/tfjs-node-gpu'));
  const { binding } = backend();
  if (typeof (binding as Partial<Binding>).beginTrace !== 'function') {
    throw new EngineError({
      where: options.addon,
      got: described('an addon without the functions of this project'),
      expected: 'the addon that `npm run engine -- install` compiles',
      remedy: 'Run `npm run engine -- remove` and `npm run engine -- install`',
    });
  }
  if (options.device === 'gpu' && !binding.isUsingGpuDevice()) throw gpuUnused();
  if (options.tf32 !== undefined) binding.setTensorFloat32(options.tf32);
  registerDeviceGradients();
  const engine: Engine = {
    tensorflowVersion: binding.TF_Version,
    tfjsVersion: tf.version_core,
    device: binding.isUsingGpuDevice() ? 'gpu' : 'cpu',
    devices: binding.listDevices(),
    threads: options.threads ?? null,
    binding,
  };
  loaded = { engine, options };
  return engine;
}

/** Runs `load` with standard error turned off at the system's level, unless messages are wanted. */
function quietly(options: LoadOptions, require: NodeJS.Require, load: () => unknown): void {
  const file = join(dirname(options.addon), 'quiet.node');
  if (process.env.CONSISTENCY_VERBOSE || !exists(file)) {
    load();
    return;
  }
  const quiet = require(file) as { mute(): void; unmute(): void };
  quiet.mute();
  try {
    load();
  } finally {
    quiet.unmute();
  }
}

function setEnvironment(options: LoadOptions): void {
  const { env } = process;
  if (options.verbose) env.CONSISTENCY_VERBOSE = '1';
  // 3 hides errors as well, but every error of an operation reaches us as an exception.
  env.TF_CPP_MIN_LOG_LEVEL = env.CONSISTENCY_VERBOSE ? '0' : (env.TF_CPP_MIN_LOG_LEVEL ?? '3');
  // TensorFlow decides by the processor; said here, so that the same plan runs the same kernels on every x86-64 machine.
  env.TF_ENABLE_ONEDNN_OPTS ??= '1';
  env.TF_FORCE_GPU_ALLOW_GROWTH ??= 'true';
  if (options.threads !== undefined) {
    env.TF_NUM_INTRAOP_THREADS = String(options.threads);
    env.TF_NUM_INTEROP_THREADS ??= String(options.threads);
  }
  if (options.device === 'cpu') env.CUDA_VISIBLE_DEVICES = '';
  if (options.deterministic) env.TF_DETERMINISTIC_OPS = '1';
}

/** The published package calls two functions that Node 23 removed. */
function restoreOldUtil(): void {
  const old = util as unknown as { isNullOrUndefined?: (v: unknown) => boolean; isArray?: (v: unknown) => boolean };
  Object.defineProperty(old, 'isNullOrUndefined', {
    value: (value: unknown) => value === null || value === undefined,
    configurable: true,
    writable: true,
  });
  Object.defineProperty(old, 'isArray', { value: Array.isArray, configurable: true, writable: true });
}

function gpuUnused(): EngineError {
  return new EngineError(
    {
      where: 'engine',
      got: described('a GPU that TensorFlow does not use'),
      expected: 'the GPU, since it was asked for',
      remedy:
        'Run `npm run engine -- info --gpu` to see which library is missing, or ask for the CPU with --device cpu',
    },
    { exitCode: exitCodes.noDevice },
  );
}
