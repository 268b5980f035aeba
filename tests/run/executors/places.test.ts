/** @file Places of cells: GPUs as a small nvidia-smi tells them, those that others use, memory that does not allow so many. */
import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readGpus } from '../../../harness/run/executors/gpus.ts';
import { choosePlaces, type PlacesRequest } from '../../../harness/run/executors/places.ts';

/** The environment of a machine with this nvidia-smi. */
function machineWith(gpus: string, processes: string, visible?: string): NodeJS.ProcessEnv {
  const folder = mkdtempSync(join(tmpdir(), 'gpus-'));
  const program = join(folder, 'nvidia-smi');
  const script = `#!/bin/sh\ncase "$1" in\n--query-gpu=index,uuid,name,memory.free) printf '%s' '${gpus}' ;;\n--query-compute-apps=*) printf '%s' '${processes}' ;;\n*) exit 6 ;;\nesac\n`;
  writeFileSync(program, script);
  chmodSync(program, 0o755);
  return { PATH: `${folder}:${process.env.PATH}`, ...(visible !== undefined && { CUDA_VISIBLE_DEVICES: visible }) };
}

const two = '0, GPU-aa, NVIDIA L4, 22000\n1, GPU-bb, NVIDIA L4, 1000\n';
const busy = 'GPU-bb, 4711, 2048, /usr/bin/python, -m jax\n';

function places(request: Partial<PlacesRequest>, environment: NodeJS.ProcessEnv, availableBytes = 8 * 2 ** 30) {
  const said: string[] = [];
  const output = { isTerminal: false, write: (text: string) => void said.push(text) };
  const chosen = choosePlaces(
    { device: 'gpu', cells: 9, peakBytes: 3 * 2 ** 30, ...request },
    { environment, availableBytes, gpus: () => readGpus(environment), output },
  );
  return { devices: chosen.map((place) => place.environment.CUDA_VISIBLE_DEVICES), said };
}

describe('readGpus', () => {
  it('reads each GPU with the processes on it', () => {
    expect(readGpus(machineWith(two, busy))).toEqual([
      { index: 0, uuid: 'GPU-aa', model: 'NVIDIA L4', freeBytes: 22_000 * 2 ** 20, processes: [] },
      {
        index: 1,
        uuid: 'GPU-bb',
        model: 'NVIDIA L4',
        freeBytes: 1000 * 2 ** 20,
        processes: [{ pid: 4711, program: '/usr/bin/python, -m jax', bytes: 2 ** 31 }],
      },
    ]);
  });

  it.each([
    ['1,0', ['GPU-bb', 'GPU-aa']],
    ['GPU-b', ['GPU-bb']],
    ['0,7,1', ['GPU-aa']],
    ['', []],
  ])('shows those of CUDA_VISIBLE_DEVICES="%s" in its order, up to the first unknown one', (visible, uuids) => {
    expect(readGpus(machineWith(two, '', visible))!.map(({ uuid }) => uuid)).toEqual(uuids);
  });

  it('cannot tell GPUs without nvidia-smi, or parts of them', () => {
    expect(readGpus({ PATH: '/nowhere' })).toBeNull();
    expect(readGpus(machineWith(two, '', 'MIG-1'))).toBeNull();
  });

  it('refuses what it cannot understand', () => {
    expect(() => readGpus(machineWith('No devices were found', ''))).toThrow(
      'nvidia-smi --query-gpu=index,uuid,name,memory.free: got "No devices were found", expected a line of 4 values for each.',
    );
  });
});

describe('choosePlaces', () => {
  it('gives each cell a GPU of its own', () => {
    expect(places({}, machineWith(two, ''))).toEqual({ devices: ['GPU-aa', 'GPU-bb'], said: [] });
    expect(places({ jobs: 1 }, machineWith(two, '')).devices).toEqual(['GPU-aa']);
    expect(places({ cells: 1 }, machineWith(two, '')).devices).toEqual(['GPU-aa']);
    expect(places({ jobs: 4 }, machineWith(two, '')).said).toEqual(['--jobs 4: 2 at once, one cell per GPU\n']);
  });

  it('leaves a GPU to those who use it, and names them', () => {
    expect(places({}, machineWith(two, busy))).toEqual({
      devices: ['GPU-aa'],
      said: ['GPU 1 (NVIDIA L4) is used by process 4711 (/usr/bin/python, -m jax, 2.00 GiB): left to its users\n'],
    });
    expect(places({ shareGpu: true }, machineWith(two, busy)).devices).toEqual(['GPU-aa', 'GPU-bb']);
  });

  it('gives a cell of several ranks as many GPUs, and refuses where there are fewer', () => {
    const four = `${two}2, GPU-cc, NVIDIA L4, 22000\n3, GPU-dd, NVIDIA L4, 22000\n`;
    expect(places({ ranks: 2, jobs: 3 }, machineWith(four, ''))).toEqual({
      devices: ['GPU-aa,GPU-bb', 'GPU-cc,GPU-dd'],
      said: ['--jobs 3: 2 at once, each with 2 GPUs\n'],
    });
    expect(places({ ranks: 3 }, machineWith(four, '')).devices).toEqual(['GPU-aa,GPU-bb,GPU-cc']);
    expect(() => places({ ranks: 4 }, machineWith(two, ''))).toThrow(
      '--ranks: got 4, expected at most 2, the GPUs that are free here: each rank takes one.',
    );
    expect(places({ device: 'cpu', jobs: 2, ranks: 2 }, {}).devices).toHaveLength(1);
  });

  it('refuses when others use every GPU', () => {
    expect(() => places({}, machineWith(two, busy, '1'))).toThrow(
      'GPU: got GPU 1 (NVIDIA L4) is used by process 4711 (/usr/bin/python, -m jax, 2.00 GiB), expected one that no other process uses: its speed and memory are a part of the result. Wait for those processes or end them, choose GPUs with CUDA_VISIBLE_DEVICES, or allow it with --share-gpu.',
    );
    expect(places({ shareGpu: true }, machineWith(two, busy, '1')).devices).toEqual(['GPU-bb']);
  });

  it('runs one cell at once where GPUs cannot be told apart', () => {
    expect(places({ jobs: 2 }, { PATH: '/nowhere' })).toEqual({
      devices: [undefined],
      said: ['--jobs 2: one at once, since nvidia-smi does not tell the GPUs apart\n'],
    });
  });

  it('runs on a CPU one cell at once, or as many as asked for and as memory allows', () => {
    expect(places({ device: 'cpu' }, {}).devices).toHaveLength(1);
    expect(places({ device: 'cpu', jobs: 2 }, {})).toEqual({ devices: [undefined, undefined], said: [] });
    expect(places({ device: 'cpu', jobs: 3 }, {})).toEqual({
      devices: [undefined, undefined],
      said: ['--jobs 3: 2 at once, since a cell takes about 3.00 GiB of the 8.00 GiB of memory that are free\n'],
    });
    expect(places({ device: 'cpu', jobs: 3 }, {}, 2 ** 30).devices).toHaveLength(1);
  });
});
