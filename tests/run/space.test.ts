/** @file Disk space: what is listed, that nothing but what is named is removed, and runs that do not fit. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../harness/core/clock.ts';
import { publishedFolder } from '../../harness/data/cifar10.ts';
import { folderBytes } from '../../harness/plan/cost.ts';
import { readRun } from '../../harness/results/run.ts';
import { listItems, removeItems, requireRoomForImages, requireRoomForRun } from '../../harness/run/space.ts';
import { tryLock, type Lock } from '../../harness/system/lock.ts';
import { planOf } from '../plan/fixtures.ts';
import { writeFixtureRun } from '../report/fixture/run.ts';

let root: string;
let runs: string;
let cache: string;

function place(path: string, bytes: number): void {
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, Buffer.alloc(bytes));
}

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'space-'));
  [runs, cache] = [join(root, 'runs'), join(root, 'cache')];
  for (const name of ['old', 'new']) {
    place(join(runs, name, 'registration.json'), 10);
    place(join(runs, name, 'cell', 'weights.safetensors'), 1000);
  }
  place(join(runs, 'notes.txt'), 7);
  place(join(runs, 'mine', 'photo.png'), 7);
  place(join(cache, 'downloads', 'a.tar.gz'), 300);
  place(join(cache, 'downloads', 'b.tar.gz.part'), 20);
  place(join(cache, 'data', 'cifar10-v1', 'images.bin'), 400);
  place(join(cache, 'engine', 'tensorflow', 'lib.so'), 5000);
  place(join(cache, 'mine', 'letter'), 9);
});

const names = () => listItems(runs, cache).map(({ name }) => name);
const removed: string[] = [];
const remove = (...chosen: string[]) =>
  removeItems(chosen, listItems(runs, cache), {
    clock: systemClock,
    removeEngine: () => Promise.resolve(removed.push('engine')),
  });

describe('listItems', () => {
  it('lists runs, engine, downloads and packed data with their bytes, and nothing that is somebody’s own', () => {
    expect(listItems(runs, cache).map(({ name, bytes }) => [name, bytes])).toEqual([
      [join(runs, 'new'), 1010],
      [join(runs, 'old'), 1010],
      ['cache/engine', 5000],
      ['cache/downloads/a.tar.gz', 300],
      ['cache/downloads/b.tar.gz.part', 20],
      ['cache/data/cifar10-v1', 400],
    ]);
  });

  it('is empty where there is nothing', () => {
    expect(listItems(join(root, 'no'), join(root, 'nothing'))).toEqual([]);
  });
});

describe('removeItems', () => {
  it('removes what is named and nothing else', async () => {
    const before = names();
    await remove(`${join(runs, 'old')}/`, 'cache/downloads/a.tar.gz');
    expect(names()).toEqual(before.filter((name) => !name.endsWith('/old') && !name.endsWith('a.tar.gz')));
    expect(existsSync(join(runs, 'mine', 'photo.png'))).toBe(true);
  });

  it('leaves the engine to what knows its parts', async () => {
    await remove('cache/engine');
    expect(removed).toEqual(['engine']);
    expect(existsSync(join(cache, 'engine', 'tensorflow', 'lib.so'))).toBe(true);
  });

  it.each(['cache/mine', 'cache', '..', '/', 'cache/downloads', 'cache/downloads/../mine/letter'])(
    'refuses %j, which is not listed, and removes nothing that was named beside it',
    async (name) => {
      const before = names();
      await expect(remove('cache/downloads/a.tar.gz', name)).rejects.toThrow(
        `npm run clean: got "${name}", expected a name that \`npm run clean\` lists.`,
      );
      expect(names()).toEqual(before);
    },
  );

  it.each([
    ['run.lock', 'old'],
    ['cell/cell.lock', 'old'],
  ])('refuses what a process is at work on (%s)', async (lockName, run) => {
    const lock = tryLock(join(runs, run, lockName), { clock: systemClock }) as Lock;
    const before = names();
    await expect(remove('cache/downloads/a.tar.gz', join(runs, run))).rejects.toThrow(
      `${join(runs, run)}: got process ${process.pid} on `,
    );
    expect(names()).toEqual(before);
    lock.release();
  });
});

describe('requireRoomForRun', () => {
  it('asks room for every cell without a result, less what it has written already', () => {
    const folder = join(root, 'shapes-twin');
    writeFixtureRun(folder, { seeds: [0], gridImages: 8 });
    const plans = readRun(folder).ledger.map(({ result }) => result!.plan);
    requireRoomForRun(folder, plans, 0);
    const [first, second] = [folderBytes(plans[0]!), folderBytes(plans[1]!)];
    for (const cell of ['shapes-ct-seed0', 'shapes-ict-seed0']) rmSync(join(folder, cell), { recursive: true });
    requireRoomForRun(folder, plans, first + second);
    expect(() => requireRoomForRun(folder, plans, first + second - 1)).toThrow(
      /for the checkpoints and weights of 2 cells\. Free some space/,
    );
    place(join(folder, 'shapes-ct-seed0', 'checkpoints', 'step-1'), 1000);
    requireRoomForRun(folder, plans, first + second - 1000);
    expect(() => requireRoomForRun(folder, plans, first + second - 1001)).toThrow('of free disk space');
  });
});

describe('requireRoomForImages', () => {
  // The published archive; 60,000 images of 3,072 bytes, each with a label of two.
  const [archive, packed] = [170_052_171, 60_000 * 3_074];
  const plan = planOf();

  it('asks room for the archive and the packed set, less what is in the cache', () => {
    expect(plan.recipe.data.dataset).toBe('cifar10');
    requireRoomForImages(plan, undefined, cache, archive + packed);
    expect(() => requireRoomForImages(plan, undefined, cache, archive + packed - 1)).toThrow(
      `${cache}: got 338 MiB of free disk space, expected about 338 MiB for the images of CIFAR-10, downloaded and packed. Free some space`,
    );
    place(join(cache, 'downloads', 'cifar-10-binary.tar.gz'), 1);
    requireRoomForImages(plan, undefined, cache, packed);
    expect(() => requireRoomForImages(plan, undefined, cache, packed - 1)).toThrow('downloaded and packed');
    place(join(publishedFolder({ cache }), 'images.bin'), 1);
    requireRoomForImages(plan, undefined, cache, 0);
  });

  it('asks none for images that are named', () => {
    requireRoomForImages(plan, 'cifar.tar.gz', cache, 0);
  });
});

describe('npm run clean', () => {
  it('prints the list, removes by name, and refuses others in one line', async () => {
    const script = resolve(import.meta.dirname, '../../scripts/runs/clean.ts');
    const clean = (...args: string[]) =>
      execa(process.execPath, ['--import', import.meta.resolve('tsx'), script, ...args], {
        cwd: root,
        env: { CONSISTENCY_CACHE: cache },
        reject: false,
      });
    const listed = await clean();
    expect(listed.stdout).toMatch(/^runs\/new +1010 B {2}\d{4}-\d\d-\d\d\nruns\/old /);
    expect(listed.stdout).toMatch(/\n7\.56 KiB in all; cache is .*\. Name what is to be removed\.$/);
    expect((await clean('runs/old')).stdout).toBe('removed runs/old, 1010 B');
    expect(existsSync(join(runs, 'old'))).toBe(false);
    const { stderr, exitCode } = await clean('runs/old');
    expect(stderr).toBe(
      'npm run clean: got "runs/old", expected a name that `npm run clean` lists. Did you mean "runs/new".',
    );
    expect(exitCode).toBe(65);
  });
});
