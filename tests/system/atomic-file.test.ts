/** @file Files appear whole or not at all; refusals of the system say what to do. */
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  asWriteError,
  temporaryName,
  writeFileAtomically,
  writeJsonAtomically,
} from '../../harness/system/atomic-file.ts';
import { DataError } from '../../harness/core/errors.ts';

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
      /^.*\/a-file\/below\.txt: got a folder that cannot be written \((ENOTDIR|EEXIST)\), expected permission to write this file\. Change its owner or permissions, or name another folder with CONSISTENCY_CACHE or --runs\.$/,
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

describe('asWriteError', () => {
  const thrown = (code: string) => Object.assign(new Error(code), { code });

  it.each(['ENOSPC', 'EDQUOT'])('explains a full disk (%s)', (code) => {
    const cause = thrown(code);
    const error = asWriteError('/data/x.bin', cause) as DataError;
    expect(error.message).toBe(
      '/data/x.bin: got a full disk, expected room to write this file. Free some space, or move the cache with CONSISTENCY_CACHE or the runs with --runs, and start again: finished work is kept.',
    );
    expect(error.cause).toBe(cause);
  });

  it.each(['EACCES', 'EPERM', 'EROFS'])('explains a folder without permission (%s)', (code) => {
    expect(asWriteError('/data/x.bin', thrown(code))).toMatchObject({
      message: `/data/x.bin: got a folder that cannot be written (${code}), expected permission to write this file. Change its owner or permissions, or name another folder with CONSISTENCY_CACHE or --runs.`,
    });
  });

  it('passes everything else on unchanged', () => {
    const other = new TypeError('x');
    expect(asWriteError('/data/x.bin', other)).toBe(other);
  });
});

describe('temporaryName', () => {
  it('is never the same twice and stays beside the file', () => {
    const names = [1, 2, 3].map(() => temporaryName('/a/b.json'));
    expect(new Set(names).size).toBe(3);
    expect(names.every((name) => name.startsWith(`/a/b.json.tmp-${process.pid}-`))).toBe(true);
  });
});
