/** @file Files that a person names: whole, by their first bytes, or refused in one line. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { headOfInput, openInput, readInput } from '../../harness/system/input-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'input-file-'));
const path = join(folder, 'file');
writeFileSync(path, 'abcdef');

it('gives the whole file, or its first bytes, or fewer where it is shorter', () => {
  expect(Buffer.from(readInput(path, 'text')).toString()).toBe('abcdef');
  expect(Buffer.from(headOfInput(path, 'text', 3)).toString()).toBe('abc');
  expect(Buffer.from(headOfInput(path, 'text')).toString()).toBe('abcdef');
});

it.each([
  [join(folder, 'absent'), 'ENOENT'],
  [folder, 'EISDIR'],
])('refuses %s in one line', (missing, code) => {
  const message = `${missing}: got no readable file (${code}), expected a ZIP archive. Check the path.`;
  expect(() => readInput(missing, 'a ZIP archive')).toThrow(message);
  expect(() => headOfInput(missing, 'a ZIP archive')).toThrow(message);
  if (code === 'ENOENT') expect(() => openInput(missing, 'a ZIP archive')).toThrow(message);
});
