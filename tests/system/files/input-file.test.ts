/** @file Files that are read: whole, by their first bytes, in pieces, or refused in one line with the cause. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import {
  headOfInput,
  piecesOfInput,
  readInput,
  readInputAhead,
  readText,
} from '../../../harness/system/files/input-file.ts';
import { openInput } from '../../../harness/system/files/open-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'input-file-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = join(folder, 'file');
writeFileSync(path, 'abcdef');

it('gives the whole file, or its first bytes, or fewer where it is shorter', async () => {
  expect(readInput(path, 'text').toString()).toBe('abcdef');
  expect(readText(path)).toBe('abcdef');
  expect((await readInputAhead(path, 'text')).toString()).toBe('abcdef');
  expect(headOfInput(path, 'text', 3).toString()).toBe('abc');
  expect(headOfInput(path, 'text').toString()).toBe('abcdef');
});

it('gives the file in pieces of the size asked for', async () => {
  const pieces: string[] = [];
  for await (const piece of piecesOfInput(path, 'text', 4)) pieces.push(piece.toString());
  expect(pieces).toEqual(['abcd', 'ef']);
});

it('reads files of /proc, which say that they are empty', () => {
  expect(readText('/proc/self/stat')).toMatch(new RegExp(`^${process.pid} `));
});

describe('what cannot be read', () => {
  const pipe = join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  symlinkSync('nowhere', join(folder, 'dangling'));
  symlinkSync('loop', join(folder, 'loop'));
  mkdirSync(join(folder, 'below'));

  it.each([
    [join(folder, 'absent'), 'no file of that name', 'Check the path'],
    [folder, 'a folder', 'Name a file'],
    [join(path, 'x'), `a path through ${path}, which is no folder`, 'Check the path'],
    [join(folder, 'dangling'), 'a link to nowhere, which does not exist', 'Mend the link, or name the file itself'],
    [join(folder, 'loop'), 'links that lead round in a circle', 'Mend the links, or name the place that is meant'],
    [join(folder, 'x'.repeat(300)), 'a name that is longer than the file system allows', 'Use a shorter path'],
    [pipe, 'a pipe', 'Name a file on a disk'],
    ['/dev/zero', 'a device', 'Name a file on a disk'],
  ])('%s is refused in one line', async (missing, got, remedy) => {
    const message = `${missing}: got ${got}, expected a ZIP archive. ${remedy}.`;
    expect(() => openInput(missing, 'a ZIP archive')).toThrow(message);
    expect(() => readInput(missing, 'a ZIP archive')).toThrow(message);
    expect(() => readText(missing, 'a ZIP archive')).toThrow(message);
    expect(() => headOfInput(missing, 'a ZIP archive')).toThrow(message);
    await expect(piecesOfInput(missing, 'a ZIP archive').next()).rejects.toThrow(message);
  });

  it('a socket is told apart', async () => {
    const server = createServer();
    const socket = join(folder, 'socket');
    await new Promise<void>((listening) => server.listen(socket, listening));
    expect(() => openInput(socket, 'a ZIP archive')).toThrow(
      `${socket}: got a socket, or a device that is not there, expected a ZIP archive.`,
    );
    server.close();
  });

  it('names what is missing when it is read ahead', async () => {
    await expect(readInputAhead(join(folder, 'absent'), 'a photograph')).rejects.toThrow(
      `${join(folder, 'absent')}: got no file of that name, expected a photograph. Check the path.`,
    );
  });
});
