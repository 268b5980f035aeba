/** @file Questions and changes of the file system: answered, or refused in one line that names the path. */
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { disk, interfere } from '../../../harness/system/disk.ts';
import {
  canSee,
  copyFile,
  exists,
  filesBelow,
  freeBytes,
  isFile,
  isFolder,
  linkTarget,
  makeFolder,
  makeTemporaryFolder,
  makeWritableFolder,
  move,
  namesIn,
  remove,
  sizeOf,
  writePieces,
} from '../../../harness/system/files/files.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'files-'));
  mkdirSync(join(folder, 'b', 'deep'), { recursive: true });
  writeFileSync(join(folder, 'a.txt'), 'abc');
  writeFileSync(join(folder, 'b', 'deep', 'c.txt'), '');
  symlinkSync('nowhere', join(folder, 'dangling'));
  symlinkSync('loop', join(folder, 'loop'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('what lies where', () => {
  it('is told by kind; a link that leads nowhere is nothing', () => {
    const kinds = (name: string) => [exists, isFile, isFolder].map((ask) => ask(join(folder, name)));
    expect(kinds('a.txt')).toEqual([true, true, false]);
    expect(kinds('b')).toEqual([true, false, true]);
    expect(kinds('dangling')).toEqual([false, false, false]);
    expect(kinds('a.txt/below')).toEqual([false, false, false]);
    expect(namesIn(folder)).toEqual(['a.txt', 'b', 'dangling', 'loop']);
    expect(filesBelow(folder)).toEqual([join(folder, 'a.txt'), join(folder, 'b', 'deep', 'c.txt')]);
    expect(sizeOf(join(folder, 'a.txt'))).toBe(3);
    expect(linkTarget(join(folder, 'dangling'))).toBe('nowhere');
    expect(linkTarget(join(folder, 'a.txt'))).toBeUndefined();
    expect(freeBytes(folder)).toBeGreaterThan(0);
  });

  it('is refused in one line where the system does not say; looking about takes that for no', () => {
    const loop = join(folder, 'loop');
    expect(() => exists(loop)).toThrow(`${loop}: got links that lead round in a circle, expected a file or folder.`);
    expect(canSee(loop)).toBe(false);
    expect(() => namesIn(join(folder, 'a.txt'))).toThrow(`${join(folder, 'a.txt')}: got a file, expected a folder.`);
    expect(() => sizeOf(join(folder, 'none'))).toThrow(`${join(folder, 'none')}: got no file of that name`);
  });
});

describe('changes', () => {
  it('are made', async () => {
    const made = join(folder, 'made', 'folder');
    makeFolder(made);
    makeWritableFolder(made);
    copyFile(join(folder, 'a.txt'), join(made, 'deeper', 'copy.txt'));
    expect(readFileSync(join(made, 'deeper', 'copy.txt'), 'utf8')).toBe('abc');
    move(join(made, 'deeper'), join(made, 'moved'));
    expect(namesIn(made)).toEqual(['moved']);
    // eslint-disable-next-line @typescript-eslint/require-await -- a source of pieces that are there already
    const pieces = async function* () {
      yield Buffer.from('x');
      yield Buffer.from('yz');
    };
    await writePieces(join(made, 'pieces', 'program'), pieces(), 0o755);
    expect(readFileSync(join(made, 'pieces', 'program'), 'utf8')).toBe('xyz');
    expect(statSync(join(made, 'pieces', 'program')).mode & 0o111).not.toBe(0);
    remove(join(folder, 'made'));
    remove(join(folder, 'made'));
    expect(exists(join(folder, 'made'))).toBe(false);
  });

  it('are refused with the path and the cause', () => {
    const blocked = join(folder, 'a.txt', 'below');
    const through = `got a path through ${join(folder, 'a.txt')}, which is no folder, expected a folder to write into.`;
    expect(() => makeFolder(blocked)).toThrow(`${blocked}: ${through}`);
    expect(() => copyFile(join(folder, 'a.txt'), join(blocked, 'x'))).toThrow(through);
    expect(() => move(join(folder, 'a.txt'), join(folder, 'b'))).toThrow(`${join(folder, 'b')}: got a folder`);
    expect(() => makeTemporaryFolder('x-', join(folder, 'none'))).toThrow(/none: got no folder to write into/);
  });

  it('do not take an error of the source for one of the place', async () => {
    // eslint-disable-next-line @typescript-eslint/require-await, require-yield -- a source that fails at once
    const broken = async function* (): AsyncGenerator<Uint8Array> {
      throw Object.assign(new Error('the source'), { code: 'EIO' });
    };
    await expect(writePieces(join(folder, 'target'), broken())).rejects.toThrow(/^the source$/);
  });

  it('write a piece while the next one is made, whatever part of it the system takes at once', async () => {
    const target = join(folder, 'at-once');
    const order: string[] = [];
    const pieces = async function* (): AsyncGenerator<Uint8Array, void> {
      yield Buffer.from('abc');
      order.push('next asked for');
      yield await Promise.resolve(Buffer.from('de'));
    };
    const writeOne = async ([file, bytes, offset]: readonly unknown[]): Promise<unknown> => {
      order.push('begun');
      await new Promise(setImmediate);
      const written = await disk.write(file as number, bytes as Uint8Array, offset as number, 1);
      order.push('written');
      return written;
    };
    interfere(({ operation, args, proceed }) => (operation === 'write' ? writeOne(args) : proceed()));
    try {
      await writePieces(target, pieces());
    } finally {
      interfere(null);
    }
    const rest = Array<readonly string[]>(4).fill(['begun', 'written']).flat();
    expect(order).toEqual(['begun', 'next asked for', 'written', ...rest]);
    expect(readFileSync(target, 'utf8')).toBe('abcde');
  });

  it('name the file when the system refuses a piece, the last one too', async () => {
    const target = join(folder, 'refused');
    for (const refusedAt of [1, 2]) {
      let writes = 0;
      interfere(({ operation, proceed }) => {
        if (operation !== 'write') return proceed();
        writes += 1;
        if (writes < refusedAt) return proceed();
        return Promise.reject(Object.assign(new Error('full'), { code: 'ENOSPC' }));
      });
      // eslint-disable-next-line @typescript-eslint/require-await -- a source of pieces that are there already
      const pieces = async function* () {
        yield Buffer.from('x');
        yield Buffer.from('y');
      };
      try {
        await expect(writePieces(target, pieces())).rejects.toThrow(`${target}: got a full disk`);
      } finally {
        interfere(null);
      }
      expect(writes).toBe(refusedAt);
    }
  });
});

it.skipIf(process.getuid?.() === 0)('tells a folder that may not be entered from one that is not there', () => {
  const closed = join(folder, 'closed');
  mkdirSync(closed);
  chmodSync(closed, 0);
  expect(() => exists(join(closed, 'x'))).toThrow('got something that this user may not read (EACCES)');
  chmodSync(closed, 0o700);
});
