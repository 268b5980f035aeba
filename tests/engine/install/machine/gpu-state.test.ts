/** @file What a driver says of a GPU, in the words of real drivers, and whether TensorFlow has kernels for it. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askGpuState, kernelsFor, readGpuState } from '../../../../harness/engine/install/machine/gpu-state.ts';

// In the format of nvidia-smi's CSV without header and units; the values are those of an idle H100 and of a desktop's RTX 4090.
const h100 = 'NVIDIA H100 80GB HBM3, 550.54.15, 9.0, 81559, 81079, Enabled, 345, 1980\n';
const desktop = 'NVIDIA GeForce RTX 4090, 535.104.05, 8.9, 24564, 18000, [N/A], 2520, 3105\n';

describe('readGpuState', () => {
  it('reads memory, error correction and clocks', () => {
    expect(readGpuState(h100, '')).toEqual({
      model: 'NVIDIA H100 80GB HBM3',
      driver: '550.54.15',
      capability: 9,
      memoryBytes: 81559 * 2 ** 20,
      freeBytes: 81079 * 2 ** 20,
      ecc: true,
      megahertz: 345,
      mostMegahertz: 1980,
      users: [],
    });
  });

  it('reads what a GPU does not have as not known, and who else is there', () => {
    const state = readGpuState(desktop, '1234, /usr/bin/python3, 5120\n99, game, [N/A]\n');
    expect(state?.ecc).toBeNull();
    expect(state?.users).toEqual([
      { pid: 1234, program: '/usr/bin/python3', bytes: 5120 * 2 ** 20 },
      { pid: 99, program: 'game', bytes: null },
    ]);
  });

  it('is nothing where the driver says nothing', () => {
    expect(readGpuState('', '')).toBeUndefined();
    expect(readGpuState('Failed to initialize NVML: Driver/library version mismatch\n', '')).toBeUndefined();
  });
});

describe('askGpuState', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'nvidia-smi-'));
    const program = join(folder, 'nvidia-smi');
    writeFileSync(
      program,
      `#!/bin/sh\ncase "$1" in --query-gpu*) echo "${h100.trim()}" ;; *) echo "7, train, 100" ;; esac\n`,
    );
    chmodSync(program, 0o755);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('asks nvidia-smi', () => {
    const state = askGpuState({ PATH: `${folder}:/bin:/usr/bin` });
    expect([state?.model, state?.users[0]?.program]).toEqual(['NVIDIA H100 80GB HBM3', 'train']);
  });

  it('knows nothing without it', () => {
    expect(askGpuState({ PATH: '/nowhere' })).toBeUndefined();
  });
});

// Machine code runs on its own generation from its own version on; intermediate code of 9.0 is compiled for what is newer.
it.each([
  [5.2, 'none'],
  [6.1, 'native'],
  [7.5, 'native'],
  [8.6, 'native'],
  [8.9, 'native'],
  [9.0, 'native'],
  [10.0, 'compiled by the driver'],
  [12.0, 'compiled by the driver'],
])('kernels for compute capability %f: %s', (capability, kernels) => {
  expect(kernelsFor(capability)).toBe(kernels);
});
