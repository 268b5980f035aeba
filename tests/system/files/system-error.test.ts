/** @file Every refusal of the system is one line: the path, the cause, and the remedy that fits the place. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { cacheFolder } from '../../../harness/system/cache-folder.ts';
import { makeTemporaryFolder } from '../../../harness/system/files/files.ts';
import { DataError, systemCode } from '../../../harness/core/errors.ts';
import { FileError, asReadError, asWriteError } from '../../../harness/system/files/system-error.ts';

const folder = mkdtempSync(join(tmpdir(), 'system-error-'));
afterAll(() => rmSync(folder, { recursive: true }));
const thrown = (code: string) => Object.assign(new Error(code), { code });

describe('asWriteError', () => {
  it.each([
    ['ENOSPC', 'a full disk'],
    ['EDQUOT', 'a full disk quota'],
  ])('explains %s', (code, got) => {
    const cause = thrown(code);
    const error = asWriteError('/data/x.bin', cause) as DataError;
    expect(error.message).toBe(
      `/data/x.bin: got ${got}, expected room to write this file. Free some space, or name another folder with --runs or --out, and start again: finished work is kept.`,
    );
    expect(error.cause).toBe(cause);
    expect(systemCode(error)).toBe(code);
  });

  it('names the setting that decides the place: the cache, the temporary folder', () => {
    const cache = join(folder, 'cache');
    cacheFolder({ CONSISTENCY_CACHE: cache });
    expect(asWriteError(join(cache, 'data', 'x.bin'), thrown('ENOSPC'))).toMatchObject({
      fault: { remedy: expect.stringContaining('name another folder with CONSISTENCY_CACHE,') as string },
    });
    const temporary = makeTemporaryFolder('rows-', folder);
    expect(asWriteError(join(temporary, 'rows.f32'), thrown('ENOSPC'))).toMatchObject({
      fault: { remedy: expect.stringContaining('name another folder with TMPDIR,') as string },
    });
  });

  it.each(['EACCES', 'EPERM'])('explains a folder without permission (%s)', (code) => {
    expect(asWriteError('/data/x.bin', thrown(code))).toMatchObject({
      message: `/data/x.bin: got a folder that cannot be written (${code}), expected permission to write this file. Change its owner or permissions, or name another folder with --runs or --out.`,
    });
  });

  it.each(['ENOTDIR', 'EEXIST'])('names the file that stands where a folder is wanted (%s)', (code) => {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    expect(asWriteError(join(file, 'x', 'y.bin'), thrown(code))).toMatchObject({
      message: `${join(file, 'x', 'y.bin')}: got a path through ${file}, which is no folder, expected a folder to write into. Move that file away, or name another folder with --runs or --out.`,
    });
  });
});

describe.each([
  ['asReadError', (error: unknown) => asReadError('/data/x.bin', 'a ZIP archive', error)],
  ['asWriteError', (error: unknown) => asWriteError('/data/x.bin', error)],
])('%s', (_, translate) => {
  const codes = ['ENOENT', 'EACCES', 'EPERM', 'EISDIR', 'ENOTDIR', 'ENOSPC', 'EDQUOT', 'EROFS', 'ELOOP'];
  const rarer = ['ENAMETOOLONG', 'EMFILE', 'ENFILE', 'EIO', 'EFBIG', 'EXDEV', 'EBUSY', 'ESTALE', 'ENOMEM', 'E2BIG'];

  it.each([...codes, ...rarer])('makes one line of %s', (code) => {
    const error = translate(thrown(code));
    expect(error).toBeInstanceOf(FileError);
    expect((error as FileError).message).toMatch(/^\/data\/x\.bin: got [^\n]+, expected [^\n]+\. [^\n]+\.$/);
    expect((error as FileError).exitCode).toBe(65);
  });

  it('passes everything else on unchanged, and what has been translated', () => {
    const other = new TypeError('x');
    expect(translate(other)).toBe(other);
    expect(translate(thrown('ERR_INVALID_ARG_TYPE'))).toMatchObject({ code: 'ERR_INVALID_ARG_TYPE' });
    const done = asReadError('/data/source.png', 'a PNG image', thrown('EACCES'));
    expect(translate(done)).toBe(done);
  });
});
