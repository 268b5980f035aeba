/** @file The door to the file system: every operation passes it, and what stands in it decides. */
import { mkdtempSync, readFileSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { DataError } from '../../harness/core/errors.ts';
import { interfere } from '../../harness/system/disk.ts';
import { writeFileAtomically } from '../../harness/system/files/atomic-file.ts';

afterEach(() => void interfere(null));

it('tells of each operation of a file that is written atomically, in order', () => {
  const path = join(mkdtempSync(join(tmpdir(), 'disk-')), 'file');
  const passed: string[] = [];
  interfere(({ place, operation, proceed }) => {
    passed.push(`${place}.${operation}`);
    return proceed();
  });
  writeFileAtomically(path, 'text');
  const operations = ['mkdirSync', 'openSync', 'writeSync', 'fsyncSync', 'closeSync', 'renameSync'];
  expect(passed).toEqual(operations.map((one) => `files/atomic-file.${one}`));
  expect(readFileSync(path, 'utf8')).toBe('text');
});

it('lets a refusal of the system reach the caller as its own would', () => {
  const folder = mkdtempSync(join(tmpdir(), 'disk-'));
  interfere(({ operation, proceed }) => {
    if (operation === 'renameSync') throw Object.assign(new Error('full'), { code: 'ENOSPC' });
    return proceed();
  });
  expect(() => writeFileAtomically(join(folder, 'file'), 'text')).toThrow(DataError);
  expect(readdirSync(folder)).toEqual([]);
});
