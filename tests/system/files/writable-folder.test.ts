/** @file What is asked of a folder before the work: room, a place for results, temporary files; each missing one is named. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { interfere, type Interference } from '../../../harness/system/disk.ts';
import { requireTemporaryFolder, requireWorkFolder } from '../../../harness/system/files/writable-folder.ts';

const folder = mkdtempSync(join(tmpdir(), 'writable-folder-'));
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => vi.unstubAllEnvs());

describe('requireWorkFolder', () => {
  it('makes the folder and leaves nothing in it', () => {
    const made = join(folder, 'run', 'cell');
    requireWorkFolder(made, 1000);
    expect(readdirSync(made)).toEqual([]);
  });

  it('asks for room for what is not there yet', () => {
    const work = join(folder, 'work');
    mkdirSync(work);
    writeFileSync(join(work, 'checkpoint'), Buffer.alloc(1000));
    requireWorkFolder(work, 1000);
    expect(() => requireWorkFolder(work, 2 ** 62)).toThrow(
      /work: got .+ of free disk space, expected about .+ for what is still written here\. Free some space, or name a folder on another disk with --runs or --out\.$/,
    );
  });

  /** What a file system without one ability does, in the door of the disk. */
  const lacking: Readonly<Record<string, readonly [Interference, string]>> = {
    'whose renames are refused where a file is there': [
      ({ operation, args, proceed }) => {
        if (operation !== 'renameSync' || !existsSync(String(args[1]))) return proceed();
        throw Object.assign(new Error('EEXIST: rename'), { code: 'EEXIST' });
      },
      'got a file system on which no file takes the place of another by a rename',
    ],
    'whose renames leave the file that is there': [
      ({ operation, args, proceed }) =>
        operation === 'renameSync' && existsSync(String(args[1])) ? undefined : proceed(),
      'got a file system on which no file takes the place of another by a rename',
    ],
    'on which a file is created twice': [
      ({ place, operation, proceed }) =>
        operation === 'existsSync' && place === 'files/atomic-file'
          ? false
          : place === 'files/place-once' && operation === 'linkSync'
            ? undefined
            : proceed(),
      'got a file system on which one file can be created twice',
    ],
  };

  it.each(Object.keys(lacking))('refuses a file system %s, and leaves nothing in it', (name) => {
    const [interference, message] = lacking[name]!;
    const made = join(folder, name);
    interfere(interference);
    try {
      expect(() => requireWorkFolder(made)).toThrow(`${made}: ${message}`);
    } finally {
      interfere(null);
    }
    expect(readdirSync(made).filter((left) => !left.includes('.tmp-'))).toEqual([]);
  });

  it('names the temporary folder that does not work, and what sets it', () => {
    vi.stubEnv('TMPDIR', join(folder, 'no-tmp'));
    expect(() => requireWorkFolder(join(folder, 'other'))).toThrow(
      `${join(folder, 'no-tmp')}: got no folder to write into`,
    );
    writeFileSync(join(folder, 'file'), '');
    vi.stubEnv('TMPDIR', join(folder, 'file'));
    expect(() => requireWorkFolder(join(folder, 'other'))).toThrow('or name another folder with TMPDIR.');
    expect(readdirSync(join(folder, 'other'))).toEqual([]);
  });

  it('names the file that stands in its way', () => {
    writeFileSync(join(folder, 'file'), '');
    expect(() => requireWorkFolder(join(folder, 'file', 'cell'))).toThrow(
      `${join(folder, 'file', 'cell')}: got a path through ${join(folder, 'file')}, which is no folder`,
    );
  });
});

describe('requireTemporaryFolder', () => {
  it('leaves nothing behind, and asks for room', () => {
    const temporary = join(folder, 'tmp');
    mkdirSync(temporary);
    vi.stubEnv('TMPDIR', temporary);
    requireTemporaryFolder(1000);
    expect(() => requireTemporaryFolder(2 ** 62)).toThrow(
      /^.*tmp: got .+ of free disk space, expected about .+ for temporary files\. Free some space, or name a folder on another disk with TMPDIR\.$/,
    );
    expect(readdirSync(temporary)).toEqual([]);
  });
});
