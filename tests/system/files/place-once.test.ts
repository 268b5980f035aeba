/** @file A finished file gets its name once, with hard links and without: one of many wins, nothing half-written is seen. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync, type linkSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, describe, expect, it } from 'vitest';
import { placeOnce } from '../../../harness/system/files/place-once.ts';

const root = mkdtempSync(join(tmpdir(), 'place-once-'));
afterAll(() => rmSync(root, { recursive: true }));

function refusing(code: string): typeof linkSync {
  return () => {
    throw Object.assign(new Error(code), { code });
  };
}

function place(folder: string, content: string, link?: typeof linkSync): boolean {
  const temporary = join(folder, `${content}.tmp`);
  writeFileSync(temporary, content);
  return placeOnce(temporary, join(folder, 'result'), link);
}

const ended = spawnSync(process.execPath, ['-e', '']).pid;

const systems: { name: string; link?: typeof linkSync }[] = [
  { name: 'with hard links' },
  ...['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EXDEV', 'EACCES', 'EINVAL'].map((code) => ({
    name: `without (${code})`,
    link: refusing(code),
  })),
];

it.each(systems)('a place $name is given once, and nothing else stays', ({ link }) => {
  const folder = mkdtempSync(join(root, 'once-'));
  expect(place(folder, 'first', link)).toBe(true);
  expect(place(folder, 'second', link)).toBe(false);
  expect(readFileSync(join(folder, 'result'), 'utf8')).toBe('first');
  expect(readdirSync(folder)).toEqual(['result']);
});

describe('a claim', () => {
  const claimed = (owner: string): string => {
    const folder = mkdtempSync(join(root, 'claim-'));
    writeFileSync(join(folder, 'result.claim-1'), owner);
    return folder;
  };

  it('of a process that has ended is passed over and removed', () => {
    const folder = claimed(`${ended} ${hostname()}`);
    expect(place(folder, 'second', refusing('EPERM'))).toBe(true);
    expect(readdirSync(folder)).toEqual(['result']);
  });

  it.each([`${process.pid} ${hostname()}`, `${ended} another-host`, ''])(
    'of a process that may be at work (%j) is waited for, then named',
    (owner) => {
      const folder = claimed(owner);
      expect(() => place(folder, 'second', refusing('EPERM'))).toThrow(
        `${join(folder, 'result')}: got a claim of another process, ${join(folder, 'result.claim-1')}, expected to be the only one that writes this file. Remove that claim if no other process is at work in this folder, and start again: finished work is kept.`,
      );
      expect(readdirSync(folder)).not.toContain('result');
    },
  );

  it('is given back when the file cannot be moved', () => {
    const folder = mkdtempSync(join(root, 'lost-'));
    expect(() => placeOnce(join(folder, 'absent'), join(folder, 'result'), refusing('EPERM'))).toThrow(/ENOENT/);
    expect(readdirSync(folder)).toEqual([]);
  });
});

const library = join(root, 'no-hard-links.so');
const source = join(import.meta.dirname, '../processes/no-hard-links.c');
const compiled = spawnSync('cc', ['-shared', '-fPIC', '-o', library, source]).status === 0;

it.skipIf(!compiled)('of many processes on a system that makes no links, one writes', async () => {
  const folder = mkdtempSync(join(root, 'many-'));
  const path = join(folder, 'result.json');
  const writer = join(import.meta.dirname, '../processes/write-once.ts');
  const ends = await Promise.all(
    [1, 2, 3, 4].map((n) =>
      execa(process.execPath, ['--import', 'tsx', writer, path, String(n)], { env: { LD_PRELOAD: library } }),
    ),
  );
  const winners = ends.map(({ stdout }) => stdout).filter((line) => line.endsWith('wrote'));
  expect(winners).toEqual([`${readFileSync(path, 'utf8')[0]!} wrote`]);
  expect(new Set(readFileSync(path, 'utf8')).size).toBe(1);
  expect(readdirSync(folder)).toEqual(['result.json']);
});
