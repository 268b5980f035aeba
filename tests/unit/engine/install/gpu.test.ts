/** @file Whether there is a GPU, and which part of the driver is missing. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { EngineError } from '../../../../harness/core/errors.ts';
import { driverLibraries, findGpu, missingLibraries, requireDriver } from '../../../../harness/engine/install/gpu.ts';
import { gpuReason } from '../../../../harness/engine/install/gpu-reason.ts';
import { chooseTarget } from '../../../../harness/engine/install/target.ts';
import { programFolder } from './programs.ts';

let root: string;
beforeEach(() => (root = mkdtempSync(join(tmpdir(), 'gpu-'))));
afterEach(() => rmSync(root, { recursive: true }));

const withFiles = (...paths: readonly string[]): string => {
  for (const path of paths) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), '');
  }
  return root;
};
const nothing = { PATH: '/nowhere' };
const refusal = (work: () => unknown): EngineError => {
  try {
    work();
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(EngineError);
    return thrown as EngineError;
  }
  throw new Error('no refusal');
};

describe('a GPU is found', () => {
  test.each([
    [['dev/nvidia0', 'proc/driver/nvidia/version'], '/dev/nvidia0'],
    [['dev/nvidia3'], '/dev/nvidia3'],
    [['dev/dxg', 'usr/lib/wsl/lib/libcuda.so.1'], '/dev/dxg'],
    [['proc/driver/nvidia/version'], '/proc/driver/nvidia'],
  ])('by %j', (files, sign) => {
    expect(findGpu(nothing, withFiles(...files))).toEqual({ found: true, sign });
  });

  test('by nvidia-smi when it lists one', () => {
    const PATH = programFolder(join(root, 'bin'), { 'nvidia-smi': 'echo "GPU 0: NVIDIA H100 (UUID: GPU-1)"' });
    expect(findGpu({ PATH }, root)).toEqual({ found: true, sign: 'nvidia-smi' });
  });
});

describe('no GPU is found', () => {
  test.each([
    ['on an empty machine', []],
    ["in a container without one, which has the driver's control file", ['dev/nvidiactl', 'dev/nvidia-uvm']],
    ['on a Windows host with a GPU of another maker', ['dev/dxg']],
  ])('%s', (_, files) => {
    expect(findGpu(nothing, withFiles(...files))).toEqual({ found: false, why: 'no NVIDIA GPU found' });
  });

  test('where nvidia-smi fails', () => {
    const PATH = programFolder(join(root, 'bin'), { 'nvidia-smi': 'echo "No devices were found"; exit 6' });
    expect(findGpu({ PATH }, root).found).toBe(false);
  });

  test.each(['', '-1'])('where CUDA_VISIBLE_DEVICES is "%s"', (visible) => {
    const environment = { ...nothing, CUDA_VISIBLE_DEVICES: visible };
    const why = `hidden by CUDA_VISIBLE_DEVICES="${visible}"`;
    expect(findGpu(environment, withFiles('dev/nvidia0'))).toEqual({ found: false, why });
  });
});

describe('the device of a run', () => {
  const hidden = { ...nothing, CUDA_VISIBLE_DEVICES: '-1' };

  test('is the CPU where there is no GPU, and says why', () => {
    const because = 'hidden by CUDA_VISIBLE_DEVICES="-1"';
    expect(chooseTarget({ device: 'auto' }, hidden)).toEqual({ device: 'cpu', gpuSign: undefined, because });
  });

  test('is the GPU where there is one', () => {
    const PATH = programFolder(join(root, 'bin'), { 'nvidia-smi': 'echo "GPU 0: NVIDIA H100 (UUID: GPU-1)"' });
    expect(chooseTarget({ device: 'auto' }, { PATH })).toMatchObject({ device: 'gpu', gpuSign: 'nvidia-smi' });
    expect(chooseTarget({ device: 'cpu' }, { PATH })).toMatchObject({ device: 'cpu', gpuSign: undefined });
  });

  test('cannot be a GPU that is not there', () => {
    const { message, exitCode } = refusal(() => chooseTarget({ device: 'gpu' }, hidden));
    expect(message).toBe(
      'engine: got hidden by CUDA_VISIBLE_DEVICES="-1", expected an NVIDIA GPU, since it was asked for. Run on a machine with one, or ask for the CPU with --device cpu.',
    );
    expect(exitCode).toBe(69);
  });

  test('may be a GPU elsewhere', () => {
    const target = chooseTarget({ device: 'gpu', forElsewhere: true }, hidden);
    expect(target).toMatchObject({ device: 'gpu', gpuSign: undefined });
  });
});

describe('the driver', () => {
  const missing = missingLibraries(driverLibraries, process.env);

  test.skipIf(missing.length === 0)('is missing where its libraries are, and the error names them', () => {
    const { message, exitCode } = refusal(() => requireDriver('/dev/nvidia0', process.env));
    expect(message).toBe(
      `GPU (/dev/nvidia0): got a GPU that TensorFlow cannot use: the driver's library ${missing.join(' and ')} is missing, ` +
        "expected NVIDIA's driver for CUDA 12 (525 or newer) with its libraries and device files. " +
        'Install or repair the driver (in a container: start it with --gpus all and the driver capabilities compute,utility), or ask for the CPU with --cpu or --device cpu.',
    );
    expect(exitCode).toBe(69);
  });

  test('libraries that the loader finds are not missing', () => {
    expect(missingLibraries(['libc.so.6', 'libm.so.6', 'libnothere.so.1'], process.env)).toEqual(['libnothere.so.1']);
  });
});

describe("TensorFlow's reason", () => {
  test.each([
    [
      `I0000 dso_loader.cc:70] Could not load dynamic library 'libcudnn.so.9'; dlerror: libcudnn.so.9: cannot open shared object file
       W0000 gpu_device.cc:2342] Cannot dlopen some GPU libraries.`,
      'libcudnn.so.9 cannot be opened',
    ],
    [
      'E0000 cuda_platform.cc:51] failed call to cuInit: INTERNAL: CUDA error: Failed call to cuInit: CUDA_ERROR_NO_DEVICE: no CUDA-capable device is detected',
      'the driver refuses to start (INTERNAL: CUDA error: Failed call to cuInit: CUDA_ERROR_NO_DEVICE: no CUDA-capable device is detected)',
    ],
  ])('is read from its messages (%#)', (messages, reason) => {
    expect(gpuReason(messages, process.env)).toBe(reason);
  });
});
