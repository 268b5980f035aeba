/** @file `npm run plan` and `npm run reproduce` on a device whose check was kept, from a made-up record. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execaNode } from 'execa';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { hardwareName, pinnedTensorFlow } from '../../harness/engine/device.ts';
import { programFolder } from '../engine/install/programs.ts';

let cache: string;
beforeAll(() => {
  cache = mkdtempSync(join(tmpdir(), 'checked-plan-'));
  for (const [id, hardware] of [
    ['cpu', hardwareName('cpu')],
    ['h100', 'NVIDIA H100 80GB HBM3'],
  ] as const) {
    mkdirSync(join(cache, 'checks', id), { recursive: true });
    const record = {
      schema: 'consistency-harness/device-check@1',
      hardware,
      tensorflow: pinnedTensorFlow('cpu', {}),
      checked: '2030-01-02T03:04:05.000Z',
      sustainedFlopsPerSecond: 5e11,
      defaults: { xla: true, passImages: 2 },
    };
    writeFileSync(join(cache, 'checks', id, 'check.json'), JSON.stringify(record));
  }
});
afterAll(() => rmSync(cache, { recursive: true }));

async function cellsOf(script: string, ...args: (string | NodeJS.ProcessEnv)[]) {
  const words = args.filter((one) => typeof one === 'string');
  const [more = {}] = args.filter((one) => typeof one !== 'string');
  const { stdout } = await execaNode(`scripts/${script}.ts`, ['cifar10', '--recipes', 'ict', ...words], {
    nodeOptions: ['--import', 'tsx'],
    env: { CONSISTENCY_CACHE: cache, CONSISTENCY_TENSORFLOW: '', ...more },
  });
  return stdout;
}

it('plans take XLA, pass and rate from it and name it; options win', async () => {
  const said = `XLA on, at most 2 images per pass, by the check of ${hardwareName('cpu')} on 2030-01-02, unless options say otherwise.`;
  const text = await cellsOf('plan', '--device', 'cpu');
  expect(text).toContain(said);
  expect(text).toContain('compiled, float32, xla, deterministic, 2 images per pass');
  expect(text).toContain(`0.500 TFLOP/s`);
  const asked = await cellsOf('plan', '--device', 'cpu', '--no-xla', '--micro-batch', '1');
  expect(asked).toContain('compiled, float32, deterministic, native group normalisation, 1 images per pass');
  const dry = await cellsOf('reproduce', '--device', 'cpu', '--dry-run');
  expect(dry).toContain(said);
  expect(dry).toContain('xla, deterministic, 2 images per pass');
});

it('so do plans for a device elsewhere', async () => {
  const text = await cellsOf('plan', '--on', 'h100');
  expect(text).toContain('at most 2 images per pass, by the check of NVIDIA H100 80GB HBM3 on 2030-01-02');
  expect(text).toContain('xla, tf32, deterministic, 2 images per pass');
});

it('on a GPU its driver is asked once for each thing, however often a plan needs it', async () => {
  const asked = join(cache, 'asked');
  const bin = programFolder(join(cache, 'bin'), {
    'nvidia-smi': `echo "$1" >> ${asked}\ncase "$1" in -L) echo "GPU 0: H100" ;; *) echo "NVIDIA H100 80GB HBM3, 81559, 550.54.15, 9.0" ;; esac`,
  });
  const text = await cellsOf('plan', '--device', 'gpu', { PATH: `${bin}:${process.env.PATH}` });
  expect(text).toContain('by the check of NVIDIA H100 80GB HBM3 on 2030-01-02');
  const questions = readFileSync(asked, 'utf8').trim().split('\n');
  expect(questions.filter((one) => one.startsWith('--query-gpu'))).toHaveLength(1);
  expect(new Set(questions).size).toBe(questions.length);
});
