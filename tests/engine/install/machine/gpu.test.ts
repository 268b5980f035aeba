/** @file Whether there is a GPU, and which part of the driver is missing. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { EngineError } from '../../../../harness/core/errors.ts';
import {
  driverLibraries,
  findGpu,
  missingClause,
  missingLibraries,
  requireDriver,
} from '../../../../harness/engine/install/machine/gpu.ts';
import { gpuFault, unusedGpu } from '../../../../harness/engine/install/machine/gpu-reason.ts';
import { chooseTarget } from '../../../../harness/engine/install/machine/target.ts';
import { programFolder } from '../programs.ts';

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
/** On a machine with the driver there is nothing missing to name, without it there is. */
const missing = missingLibraries(driverLibraries, process.env);
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
    expect(findGpu(nothing, withFiles(...files))).toEqual({ found: false, why: 'no NVIDIA GPU' });
  });

  test('where nvidia-smi fails', () => {
    const PATH = programFolder(join(root, 'bin'), { 'nvidia-smi': 'echo "No devices were found"; exit 6' });
    expect(findGpu({ PATH }, root).found).toBe(false);
  });

  test.each(['', '-1'])('where CUDA_VISIBLE_DEVICES is "%s"', (visible) => {
    const environment = { ...nothing, CUDA_VISIBLE_DEVICES: visible };
    const why = `every GPU hidden by CUDA_VISIBLE_DEVICES="${visible}"`;
    expect(findGpu(environment, withFiles('dev/nvidia0'))).toEqual({ found: false, why });
  });
});

describe('the device of a run', () => {
  const hidden = { ...nothing, CUDA_VISIBLE_DEVICES: '-1' };

  test('is the CPU where there is no GPU, and says why', () => {
    const because = 'every GPU hidden by CUDA_VISIBLE_DEVICES="-1"';
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
      'engine: got every GPU hidden by CUDA_VISIBLE_DEVICES="-1", expected an NVIDIA GPU, since it was asked for. Run on a machine with one, or ask for the CPU with --device cpu.',
    );
    expect(exitCode).toBe(69);
  });

  test('may be a GPU elsewhere', () => {
    const target = chooseTarget({ device: 'gpu', forElsewhere: true }, hidden);
    expect(target).toMatchObject({ device: 'gpu', gpuSign: undefined });
  });
});

describe('the driver', () => {
  test.skipIf(missing.length === 0)('is missing where its libraries are, and the error names them', () => {
    const { message, exitCode } = refusal(() => requireDriver('/dev/nvidia0', process.env));
    expect(message).toBe(
      `GPU (/dev/nvidia0): got a GPU that TensorFlow cannot use: ${missingClause(missing)}, ` +
        "expected NVIDIA's driver for CUDA 12 (525 or newer) and the libraries of CUDA 12. " +
        'Install or repair the driver (in a container: start it with --gpus all and the driver capabilities compute,utility), or ask for the CPU with --cpu or --device cpu.',
    );
    expect(exitCode).toBe(69);
  });

  test('is named in a clause', () => {
    expect(missingClause(['a.so'])).toBe("the driver's library a.so is missing");
    expect(missingClause(['a.so', 'b.so'])).toBe("the driver's libraries a.so and b.so are missing");
  });

  test('libraries that the loader finds are not missing', () => {
    expect(missingLibraries(['libc.so.6', 'libm.so.6', 'libnothere.so.1'], process.env)).toEqual(['libnothere.so.1']);
  });
});

describe("TensorFlow's own messages", () => {
  const intro = 'GPU (/dev/nvidia0): got a GPU that TensorFlow cannot use: ';
  const rest = "expected NVIDIA's driver for CUDA 12 (525 or newer) and the libraries of CUDA 12. ";
  const driver =
    'Install or repair the driver (in a container: start it with --gpus all and the driver capabilities compute,utility), or ask for the CPU with --cpu or --device cpu.';
  const library =
    'Run `npm run engine -- remove` and start again, or for a TensorFlow of your own put the library where the loader looks (LD_LIBRARY_PATH), or ask for the CPU with --cpu or --device cpu.';

  // Recorded from TensorFlow 2.21.0 with a library taken away or a driver that answers with an error.
  test.each([
    [
      `I0000 00:00:1795568735.283382   11581 dso_loader.cc:144] Could not load dynamic library 'libcusolver.so.11'; dlerror: libcusolver.so.11: cannot open shared object file: No such file or directory
W0000 00:00:1795568735.297705   11581 gpu_device.cc:2365] Cannot dlopen some GPU libraries. Please make sure the missing libraries mentioned above are installed properly if you would like to use GPU.
Skipping registering GPU devices...`,
      `libcusolver.so.11 cannot be opened, ${rest}${library}`,
    ],
    [
      `I0000 00:00:1795568538.547180   10518 dso_loader.cc:144] Could not load dynamic library 'libnvidia-ml.so.1'; dlerror: libnvidia-ml.so.1: cannot open shared object file: No such file or directory`,
      `libnvidia-ml.so.1 cannot be opened, ${rest}${driver}`,
    ],
    [
      `I0000 00:00:1795568479.970479    9917 dso_loader.cc:144] Could not load dynamic library 'libcuda.so.1'; dlerror: libcuda.so.1: cannot open shared object file: No such file or directory
E0000 00:00:1795568479.970639    9917 cuda_platform.cc:52] failed call to cuInit: INTERNAL: CUDA error: Failed call to cuInit: UNKNOWN ERROR (303)`,
      `libcuda.so.1 cannot be opened, ${rest}${driver}`,
    ],
    [
      'E0000 00:00:1795568483.857906    9980 cuda_platform.cc:52] failed call to cuInit: INTERNAL: CUDA error: Failed call to cuInit: CUDA_ERROR_NO_DEVICE: no CUDA-capable device is detected',
      `the driver does not start (CUDA_ERROR_NO_DEVICE: no CUDA-capable device is detected), ${rest}${driver}`,
    ],
    [
      `terminate called after throwing an instance of 'absl::lts_20250814::BadStatusOrAccess'
  what():  Bad StatusOr access: INTERNAL: CUDA Runtime error: : cudaErrorInsufficientDriver: CUDA driver version is insufficient for CUDA runtime version`,
      `its driver is older than the CUDA that TensorFlow brings, ${rest}${driver}`,
    ],
  ])('say what is missing (%#)', (messages, said) => {
    expect(gpuFault('/dev/nvidia0', messages)?.message).toBe(`${intro}${said}`);
  });

  test.each([
    'I0000 00:00:1795568730.822302   11408 dso_loader.cc:133] Successfully opened dynamic library libcudnn.so.9',
    "I0000 00:00:1795568730.822302   11408 dso_loader.cc:144] Could not load dynamic library 'libnvinfer.so.8'; dlerror: ...",
  ])('blame nothing where nothing is missing (%#)', (messages) => {
    expect(gpuFault('/dev/nvidia0', messages)).toBeUndefined();
  });

  test.skipIf(missing.length > 0)('are quoted where they do not name a cause', () => {
    const messages = 'W0000 00:00:1795568735.297705   11581 gpu_device.cc:2365] Skipping registering GPU devices...';
    expect(unusedGpu('/dev/nvidia0', messages, process.env).message).toContain(
      'it says only "Skipping registering GPU devices..."',
    );
  });
});
