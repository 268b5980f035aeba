/** @file Unfinished work of equal records passes on as far as the records agree, and no further. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { FileError } from '../../../harness/system/files/system-error.ts';
import { interfere } from '../../../harness/system/disk.ts';
import { beginRecords, forgetKeys } from '../../../harness/system/download/unfinished-records.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'records-'));
});
afterEach(() => {
  interfere(null);
  rmSync(folder, { recursive: true });
});

const keys = (letters: string): Buffer => Buffer.concat(Array.from(letters, (letter) => Buffer.alloc(16, letter)));
const path = (name: string): string => join(folder, name, 'images.bin');

/** Records of two bytes. */
function begin(name: string, letters: string, others: readonly string[]): void {
  beginRecords(path(name), { recordBytes: 2, keys: keys(letters) }, others.map(path));
}

function leave(name: string, letters: string, done: string): void {
  begin(name, letters, []);
  writeFileSync(`${path(name)}.part`, done);
}

it('takes the longest beginning that agrees', () => {
  leave('a', 'abxd', 'aabb');
  leave('b', 'abcx', 'aabbccx');
  begin('new', 'abcd', ['a', 'b']);
  expect(readFileSync(`${path('new')}.part`, 'utf8')).toBe('aabbcc');
  expect(existsSync(join(folder, 'b'))).toBe(false);
  expect(readFileSync(`${path('a')}.part`, 'utf8')).toBe('aabb');
});

it('takes nothing from work of other contents, or that a process is at', () => {
  leave('a', 'xbcd', 'xxbb');
  leave('b', 'abcd', '');
  rmSync(`${path('b')}.part`);
  writeFileSync(`${path('b')}.part-host-1`, 'aabb');
  begin('new', 'abcd', ['a', 'b']);
  expect(existsSync(`${path('new')}.part`)).toBe(false);
});

it('leaves alone what is begun or finished', () => {
  leave('a', 'abcd', 'aabb');
  mkdirSync(join(folder, 'new'));
  writeFileSync(`${path('new')}.part-host-1`, 'aa');
  begin('new', 'abcd', ['a']);
  expect(existsSync(`${path('new')}.part`)).toBe(false);
  forgetKeys(path('new'));
  expect(existsSync(join(folder, 'new'))).toBe(true);
});

it.each(['statSync', 'readdirSync', 'renameSync', 'rmSync', 'openSync', 'ftruncateSync'])(
  'names the file when the disk refuses %s',
  (struck) => {
    leave('a', 'abcd', 'aabb');
    mkdirSync(join(folder, 'new'));
    interfere(({ operation, proceed }) => {
      if (operation === struck) throw Object.assign(new Error('EIO: i/o error'), { code: 'EIO' });
      return proceed();
    });
    expect(() => begin('new', 'abcd', ['a'])).toThrow(
      expect.objectContaining({ name: FileError.name, message: expect.stringContaining(folder) as string }),
    );
  },
);
