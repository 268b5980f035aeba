/** @file What commands refuse of a GPU and of a bundle of the engine: one line, its exit code, and nothing written. */
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../harness/core/clock.ts';
import { sha256 } from '../../harness/core/hash.ts';
import { wheelSet } from '../../harness/engine/install/library/wheel-set.ts';
import { writeBundle } from '../../harness/formats/bundle.ts';
import { silence } from '../../harness/system/progress.ts';
import { programFolder } from '../engine/install/programs.ts';

const root = resolve(import.meta.dirname, '../..');

let lab: string;
beforeEach(() => {
  lab = mkdtempSync(join(tmpdir(), 'gpu-refusals-'));
});
afterEach(() => rmSync(lab, { recursive: true }));

interface Gpu {
  readonly driver?: string;
  readonly mebibytes?: number;
  /** A process that holds memory of it. */
  readonly user?: string;
}

/** A PATH with a driver that reports such a GPU, in the format of nvidia-smi's CSV without header and units. */
function withGpu({ driver = '550.54.15', mebibytes = 81559, user }: Gpu = {}): string {
  const model = 'NVIDIA H100 80GB HBM3';
  const answers = [
    ['-L', `GPU 0: ${model} (UUID: GPU-1)`],
    ['*compute-apps=gpu_uuid*', user ? `GPU-1, 4711, 2048, ${user}` : ''],
    ['*compute-apps=pid*', user ? `4711, ${user}, 2048` : ''],
    ['*gpu=index*', `0, GPU-1, ${model}, ${mebibytes}`],
    ['*name,memory.total*', `${model}, ${mebibytes}, ${driver}, 9.0`],
    ['*name,driver_version*', `${model}, ${driver}, 9.0, ${mebibytes}, ${mebibytes}, Enabled, 345, 1980`],
  ].map(([question, answer]) => `${question}) echo "${answer}" ;;`);
  return programFolder(join(lab, 'bin'), { 'nvidia-smi': `case "$*" in\n${answers.join('\n')}\nesac` });
}

async function run(script: string, args: readonly string[], programs = '') {
  const env = {
    ...process.env,
    CONSISTENCY_CACHE: join(lab, 'cache'),
    CONSISTENCY_TENSORFLOW: '',
    PATH: `${programs}:${process.env.PATH}`,
  };
  const command = ['--import', 'tsx', `scripts/${script}.ts`, ...args];
  const { exitCode, stderr } = await execa(process.execPath, command, { cwd: root, env, reject: false });
  return { exitCode, stderr, isWritten: existsSync(join(lab, 'cache')) || existsSync(join(lab, 'runs')) };
}

const refused = (exitCode: number, stderr: string) => ({ exitCode, stderr, isWritten: false });
const runs = (): string[] => ['--runs', join(lab, 'runs')];

describe('a GPU', () => {
  const needsDriver =
    "expected NVIDIA's driver for CUDA 12 (525 or newer) and the libraries of CUDA 12. Install or repair the driver (in a container: start it with --gpus all and the driver capabilities compute,utility), or ask for the CPU with --cpu or --device cpu.";

  it('whose driver is too old is refused before anything is downloaded', async () => {
    const old = withGpu({ driver: '470.82.01' });
    expect(await run('engine', ['check', '--gpu'], old)).toEqual(
      refused(
        69,
        'GPU, driver: got 470.82.01, too old for CUDA 12: install 525 or newer, expected a GPU that this TensorFlow can use. Mend what is named, or check the CPU with --cpu.',
      ),
    );
    expect(await run('engine', ['install', '--gpu'], old)).toEqual(
      refused(
        69,
        `GPU (nvidia-smi): got a GPU that TensorFlow cannot use: its driver 470.82.01 is too old for CUDA 12, ${needsDriver}`,
      ),
    );
  });

  it('that others use is refused before a run is begun, and they are named', async () => {
    const used = withGpu({ user: '/usr/bin/python3' });
    expect(await run('reproduce', ['cifar10', '--recipes', 'ict', '--seeds', '0', ...runs()], used)).toEqual(
      refused(
        69,
        'GPU: got GPU 0 (NVIDIA H100 80GB HBM3) is used by process 4711 (/usr/bin/python3, 2.00 GiB), expected one that no other process uses: its speed and memory are a part of the result. Wait for those processes or end them, choose GPUs with CUDA_VISIBLE_DEVICES, or allow it with --share-gpu.',
      ),
    );
  });

  it('that is too small for one image per pass is named, with what recomputation takes', async () => {
    const small = withGpu({ mebibytes: 2048 });
    const line =
      /^NVIDIA H100 80GB HBM3: got about [\d.]+ GiB of imagenet64-ict at 1 image per pass, expected at most 1\.80 GiB of its 2\.00 GiB \(one image per pass takes [\d.]+ GiB, this pass with --recompute [\d.]+ GiB\)\. Choose a GPU with more memory, or a smaller recipe\.$/;
    const args = ['imagenet64', '--recipes', 'ict', '--scale', 'paper'];
    for (const [script, more] of [['plan', ['--device', 'gpu']] as const, ['reproduce', runs()] as const]) {
      const { stderr, ...ended } = await run(script, [...args, ...more], small);
      expect(stderr).toMatch(line);
      expect(ended).toEqual({ exitCode: 65, isWritten: false });
    }
  });
});

describe('a bundle', () => {
  const [pinned] = wheelSet('cpu').requirements;
  const name = (version: string): string => `wheels/tensorflow_cpu-${version}-cp312-cp312-manylinux_2_27_x86_64.whl`;
  const contents = Buffer.alloc(200_000, 7);

  /** A bundle of one wheel that is none. */
  async function bundle(version: string): Promise<string> {
    const [path, out] = [join(lab, 'wheel'), join(lab, 'engine.tar')];
    writeFileSync(path, contents);
    const about = { kind: 'engine', title: 'TensorFlow', files: [{ name: name(version), path }] } as const;
    await writeBundle(out, about, { output: silence, clock: systemClock });
    return out;
  }

  /** Installs it, and says what lies in the cache afterwards. */
  async function install(path: string) {
    const { exitCode, stderr } = await run('engine', ['install', '--cpu', '--from', path]);
    const engine = join(lab, 'cache', 'engine');
    const kept = existsSync(engine) ? (readdirSync(engine, { recursive: true }) as string[]) : [];
    return {
      exitCode,
      line: stderr.split('\n').at(-1),
      kept: kept.filter((one) => !/^(install\.lock|wheels$)/.test(one)),
    };
  }

  const line = (text: string) => ({ exitCode: 65, line: text, kept: [] });

  it('of another version is refused with both versions', async () => {
    const path = await bundle('2.20.0');
    expect(await install(path)).toEqual(
      line(
        `${path}: got tensorflow-cpu 2.20.0, expected tensorflow-cpu ${pinned!.version}, which this checkout pins. Make the bundle with this checkout: npm run engine -- bundle, with --gpu for a GPU.`,
      ),
    );
  });

  it('whose wheel is not the pinned one is refused, whatever its list says', async () => {
    const path = await bundle(pinned!.version);
    expect(await install(path)).toEqual(
      line(
        `${path}: got tensorflow-cpu ${pinned!.version} with sha256 ${sha256(contents)}, expected sha256 ${pinned!.sha256}, which is pinned. Do not use this bundle: make one anew with \`npm run engine -- bundle\`.`,
      ),
    );
    const forged = readFileSync(path, 'latin1').replace(sha256(contents), pinned!.sha256);
    writeFileSync(path, forged, 'latin1');
    expect(await install(path)).toEqual(
      line(
        `${path}: got ${name(pinned!.version)} with sha256 ${sha256(contents)}, expected sha256 ${pinned!.sha256}. Copy the bundle again, or make it anew.`,
      ),
    );
  });

  it('that was cut is refused, and of its wheel nothing is left', async () => {
    const path = await bundle(pinned!.version);
    const whole = readFileSync(path, 'latin1').replace(sha256(contents), pinned!.sha256);
    writeFileSync(path, whole.slice(0, 100_000), 'latin1');
    const ended = await install(path);
    expect(ended.line).toContain(`${path}: got an archive that ends inside "${name(pinned!.version)}"`);
    expect(ended).toEqual(line(ended.line!));
  });
});
