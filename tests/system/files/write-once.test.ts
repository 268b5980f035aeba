/** @file A file that is written once: the second writer changes nothing. */
import { mkdtempSync, readFileSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { writeFileOnce } from '../../../harness/system/files/atomic-file.ts';

it('writes a new file and refuses to replace it, leaving nothing else behind', () => {
  const folder = mkdtempSync(join(tmpdir(), 'write-once-'));
  const path = join(folder, 'below', 'result.json');
  expect(writeFileOnce(path, 'first')).toBe(true);
  expect(writeFileOnce(path, 'second')).toBe(false);
  expect(readFileSync(path, 'utf8')).toBe('first');
  expect(readdirSync(join(folder, 'below'))).toEqual(['result.json']);
});
