/** @file Files of an installation: a change is found at the next start and named, a copy of the cache is not taken for one. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { sha256 } from '../../../harness/core/hash.ts';
import { libraryManifestSchema, readManifest, writeManifest } from '../../../harness/engine/install/manifest.ts';
import {
  checkContents,
  checkFiles,
  checkLinks,
  recordFile,
  type RecordedFile,
} from '../../../harness/engine/install/recorded-file.ts';

let folder: string;
let path: string;
let files: RecordedFile[];
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'recorded-'));
  path = join(folder, 'lib', 'x.so');
  mkdirSync(join(folder, 'lib'));
  writeFileSync(path, 'content');
  files = [await recordFile(folder, 'lib/x.so')];
});
afterEach(() => rmSync(folder, { recursive: true }));

const remedy = 'Run `npm run engine -- remove`, then start again: the engine is fetched anew';
/** Other content of the same size, and the time of before, as a failing disk would leave it. */
const rot = (): void => {
  const time = files[0]!.mtimeMs / 1000;
  writeFileSync(path, 'CONTENT');
  utimesSync(path, time, time);
};

describe('files as they were installed', () => {
  test('differ in nothing', async () => {
    expect(await checkFiles(folder, files)).toBeUndefined();
    await checkContents(folder, files);
  });

  test('that were copied have other times, which are taken over once the content is read', async () => {
    utimesSync(path, 1000, 1000);
    const now = await checkFiles(folder, files);
    expect(now).toEqual([{ ...files[0]!, mtimeMs: 1_000_000 }]);
    expect(await checkFiles(folder, now!)).toBeUndefined();
  });
});

describe('a file that was changed is named, with the remedy', () => {
  test('by its size', async () => {
    writeFileSync(path, 'longer content');
    await expect(checkFiles(folder, files)).rejects.toThrow(
      `${path}: got a file of 14 bytes, expected 7 bytes, as it was installed. ${remedy}.`,
    );
  });

  test('by its content, where the time has moved', async () => {
    writeFileSync(path, 'CONTENT');
    utimesSync(path, 1000, 1000);
    await expect(checkFiles(folder, files)).rejects.toThrow(
      `${path}: got a file with sha256 ${sha256('CONTENT')}, expected sha256 ${sha256('content')}, as it was installed. ${remedy}.`,
    );
  });

  test('by its content alone when every file is read', async () => {
    rot();
    await expect(checkContents(folder, files)).rejects.toThrow(`${path}: got a file with sha256 ${sha256('CONTENT')}`);
  });

  test('by being gone', async () => {
    rmSync(path);
    await expect(checkFiles(folder, files)).rejects.toThrow(
      `${path}: got no file, expected the file of 7 bytes, as it was installed. ${remedy}.`,
    );
  });

  test('by a link that is gone or points elsewhere', () => {
    const link = join(folder, 'link');
    expect(() => checkLinks(folder, { link: 'lib/x.so' })).toThrow(
      `${link}: got no link, expected a link to lib/x.so, as it was installed. ${remedy}.`,
    );
    symlinkSync('lib/y.so', link);
    expect(() => checkLinks(folder, { link: 'lib/x.so' })).toThrow(
      `${link}: got a link to lib/y.so, expected a link to lib/x.so, as it was installed. ${remedy}.`,
    );
  });
});

describe('a manifest', () => {
  const manifest = (): Parameters<typeof writeManifest>[1] => ({
    schema: 1,
    title: 'test',
    requirements: [],
    files,
    links: {},
    installed: '2026-01-01T00:00:00.000Z',
  });

  test('is read as it was written', () => {
    writeManifest(folder, manifest());
    expect(readManifest(folder, libraryManifestSchema)).toEqual(manifest());
  });

  test('that is not there means: not installed', () => {
    expect(readManifest(folder, libraryManifestSchema)).toBeUndefined();
  });

  test.each([
    [
      '{"schema":',
      /manifest\.json: got "[^"]*JSON[^"]*", expected the manifest that was written at the installation\. /,
    ],
    ['{"schema":2}', /manifest\.json: got \{"at":"schema","problem":"[^"]+"\}, expected the manifest that was written/],
  ])('%s is refused', (text, message) => {
    writeFileSync(join(folder, 'manifest.json'), text);
    expect(() => readManifest(folder, libraryManifestSchema)).toThrow(message);
  });
});
