/** @file Files appear whole or not at all; refusals of the system say what to do. */
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryName, writeFileAtomically, writeJsonAtomically } from '../../../harness/system/files/atomic-file.ts';
import { DataError } from '../../../harness/core/errors.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'atomic-file-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('writeFileAtomically', () => {
  it('writes the pieces one after another, creates the folder and leaves nothing else behind', () => {
    const path = join(folder, 'deep', 'er', 'file.bin');
    writeFileAtomically(path, 'text ', Uint8Array.of(65, 66), '', 'end');
    expect(readFileSync(path, 'utf8')).toBe('text ABend');
    expect(readdirSync(join(folder, 'deep', 'er'))).toEqual(['file.bin']);
  });

  it('replaces an older file', () => {
    const path = join(folder, 'twice.txt');
    writeFileAtomically(path, 'a longer first text');
    writeFileAtomically(path, 'second');
    expect(readFileSync(path, 'utf8')).toBe('second');
  });

  it('writes JSON for people, with a final newline', () => {
    const path = join(folder, 'plain.json');
    writeJsonAtomically(path, { a: [1] });
    expect(readFileSync(path, 'utf8')).toBe('{\n  "a": [\n    1\n  ]\n}\n');
  });

  it('refuses a folder that cannot be made, names it and leaves no temporary file', () => {
    writeFileSync(join(folder, 'a-file'), '');
    const path = join(folder, 'a-file', 'below.txt');
    expect(() => writeFileAtomically(path, 'x')).toThrow(DataError);
    expect(() => writeFileAtomically(path, 'x')).toThrow(
      /^.*\/a-file\/below\.txt: got a path through .*\/a-file, which is no folder, expected a folder to write into\. Move that file away, or name another folder with --runs or --out\.$/,
    );
    expect(existsSync(path)).toBe(false);
  });

  it('keeps the old file and no half of the new one when writing fails midway', () => {
    const path = join(folder, 'kept.txt');
    writeFileAtomically(path, 'old');
    expect(() => writeFileAtomically(path, 'new', null as unknown as string)).toThrow();
    expect(readFileSync(path, 'utf8')).toBe('old');
    expect(readdirSync(folder).filter((name) => name.startsWith('kept.txt'))).toEqual(['kept.txt']);
  });
});

describe('temporaryName', () => {
  it('is never the same twice and stays beside the file', () => {
    const names = [1, 2, 3].map(() => temporaryName('/a/b.json'));
    expect(new Set(names).size).toBe(3);
    expect(names.every((name) => name.startsWith(`/a/b.json.tmp-${process.pid}-`))).toBe(true);
  });
});
