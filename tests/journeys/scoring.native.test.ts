/** @file Scoring in real processes: more images per pass than there are, an end in the middle, an image that may not be read. */
import { spawn } from 'node:child_process';
import { chmodSync, copyFileSync, cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const six = join(root, 'tests/fixtures/cases/symlink-loop');
const graph = join(root, 'tests/golden/metrics/inception-graph/div16-producer7/graph.pb');
const command = [process.execPath, '--import', import.meta.resolve('tsx'), join(root, 'scripts/metrics.ts')] as const;

let folder: string;
let reference: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'scoring-'));
  reference = join(folder, 'reference.npz');
  await metrics('reference', 'build', six, '--out', reference, '--id', 'six', '--graph', graph);
});
afterAll(() => rmSync(folder, { recursive: true }));

async function metrics(...args: string[]): Promise<string> {
  const [program, ...before] = command;
  const { stdout } = await execa(program, [...before, ...args], { cwd: root });
  return stdout;
}

it('six images are scored in one pass of six, however many a pass may hold', async () => {
  const score = ['score', six, '--reference', reference, '--graph', graph, '--clamp', '--batch', '1000000'];
  expect(await metrics(...score)).toMatch(/6 images per pass on cpu[\s\S]*fid@6 +-?\d/);
});

describe.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)('scoring that is ended by %s', (signal) => {
  it('leaves nothing in the temporary folder', async () => {
    const many = join(folder, `many-${signal}`);
    mkdirSync(many);
    for (let copy = 0; copy < 100; copy++)
      for (const name of readdirSync(six)) copyFileSync(join(six, name), join(many, `${copy}-${name}`));
    const temporary = join(folder, `temporary-${signal}`);
    mkdirSync(temporary);
    const [program, ...before] = command;
    const child = spawn(program, [...before, 'score', many, '--reference', reference, '--graph', graph, '--clamp'], {
      cwd: root,
      env: { ...process.env, TMPDIR: temporary },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const ended = new Promise((resolve) => child.once('exit', resolve));
    let said = '';
    await new Promise<void>((resolve) => {
      child.stderr.on('data', (data: Buffer) => {
        said += data.toString();
        // The first images are through the extractor: their features are kept in the temporary folder by now.
        if (said.includes('images/s')) resolve();
      });
      child.once('exit', () => resolve());
    });
    child.kill(signal);
    await ended;
    expect(said).toContain('of 600 images');
    expect(said).not.toContain('600 of 600');
    // The folder that tsx keeps compiled sources in is not ours.
    expect(readdirSync(temporary).filter((name) => !name.startsWith('tsx-'))).toEqual([]);
  });
});

it.skipIf(process.getuid?.() !== 0)(
  'a photograph that the user may not read is one line with the cause',
  async (test) => {
    const nobody = { cwd: '/', uid: 65534, gid: 65534, reject: false } as const;
    const script = join(root, 'tests/journeys/processes/read-photographs.ts');
    const { exitCode: closedToAll } = await execa('test', ['-r', script], nobody);
    test.skip(closedToAll !== 0, 'no other user may read this checkout');
    // The folder of the other temporary files is closed to others.
    const open = mkdtempSync('/tmp/unreadable-');
    try {
      const [data, cache] = [join(open, 'photographs'), join(open, 'cache')];
      cpSync(join(root, 'tests/fixtures/cases/kaggle-layout/train'), data, { recursive: true });
      mkdirSync(cache);
      const photograph = join(data, 'n01440764', 'n01440764_0.JPEG');
      chmodSync(photograph, 0);
      chmodSync(open, 0o755);
      chmodSync(cache, 0o777);
      const { stdout, stderr } = await execa(
        process.execPath,
        ['--import', import.meta.resolve('tsx'), script, cache, data],
        { ...nobody, env: { HOME: cache, TMPDIR: cache } },
      );
      expect({ stderr, stdout }).toEqual({
        stderr: '',
        stdout: `${photograph}: got no readable file (EACCES), expected a photograph of ILSVRC-2012. Change its permissions.`,
      });
    } finally {
      rmSync(open, { recursive: true });
    }
  },
);
