/** @file The cache folder by environment, and sha256 of texts and files. */
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cacheFolder, writableCacheFolder } from '../../harness/system/cache-folder.ts';
import { DataError } from '../../harness/core/errors.ts';
import { sha256 } from '../../harness/core/hash.ts';
import { sha256OfFile } from '../../harness/system/files/file-hash.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'folders-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('cacheFolder', () => {
  it('is named by CONSISTENCY_CACHE, else below XDG_CACHE_HOME, else below the home folder', () => {
    expect(cacheFolder({ CONSISTENCY_CACHE: '/data/cache', XDG_CACHE_HOME: '/x' })).toBe('/data/cache');
    expect(cacheFolder({ XDG_CACHE_HOME: '/x' })).toBe('/x/consistency-harness');
    expect(cacheFolder({ CONSISTENCY_CACHE: '' })).toBe(join(homedir(), '.cache', 'consistency-harness'));
  });

  it('is created on demand and refused with a remedy where it cannot be', () => {
    expect(statSync(writableCacheFolder('engine', { CONSISTENCY_CACHE: folder })).isDirectory()).toBe(true);
    writeFileSync(join(folder, 'a-file'), '');
    expect(() => writableCacheFolder('engine', { CONSISTENCY_CACHE: join(folder, 'a-file') })).toThrow(DataError);
  });
});

describe('sha256', () => {
  // FIPS 180-2, appendix B.1.
  const abc = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';

  it('has the known answer for texts, bytes and files', async () => {
    expect(sha256('abc')).toBe(abc);
    expect(sha256(Uint8Array.of(97, 98, 99))).toBe(abc);
    const path = join(folder, 'abc.txt');
    writeFileSync(path, 'abc');
    const pieces: number[] = [];
    expect(await sha256OfFile(path, (bytes) => pieces.push(bytes))).toBe(abc);
    expect(pieces).toEqual([3]);
  });

  it('reads large files in pieces', async () => {
    const path = join(folder, 'large.bin');
    writeFileSync(path, Buffer.alloc(3 * 2 ** 20 + 5));
    const pieces: number[] = [];
    expect(await sha256OfFile(path, (bytes) => pieces.push(bytes))).toBe(sha256(Buffer.alloc(3 * 2 ** 20 + 5)));
    expect(pieces.length).toBeGreaterThan(1);
    expect(pieces.reduce((sum, bytes) => sum + bytes, 0)).toBe(3 * 2 ** 20 + 5);
  });
});
