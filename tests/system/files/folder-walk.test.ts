/** @file Walking folders: every file once whatever the links, leftovers and strange entries counted, refusals in one line. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listFolder, walkFolder } from '../../../harness/system/files/folder-walk.ts';

let outer: string;
let root: string;
beforeEach(() => {
  outer = mkdtempSync(join(tmpdir(), 'walk-'));
  root = join(outer, 'root');
  mkdirSync(root);
});
afterEach(() => rmSync(outer, { recursive: true }));

function place(...names: readonly string[]): void {
  for (const name of names) {
    mkdirSync(join(root, name, '..'), { recursive: true });
    writeFileSync(join(root, name), name);
  }
}

function walked(tellOthers = false): { names: string[]; leftOut: string | null } {
  const isWanted = (name: string): boolean => name.endsWith('.png');
  const { files, leftOut } = walkFolder(root, { expected: 'a folder of PNG images', isWanted, tellOthers });
  return { names: files.map(({ name }) => name), leftOut };
}

describe('walkFolder', () => {
  it('gives files and folders in the order of their names', () => {
    place('b/2.png', 'b/10.png', 'a-b/x.png', 'a/z.png', 'c.png');
    expect(walked()).toEqual({ names: ['a/z.png', 'a-b/x.png', 'b/10.png', 'b/2.png', 'c.png'], leftOut: null });
  });

  it('enters a folder whose name is that of a file', () => {
    place('samples.png/0.png');
    expect(walked().names).toEqual(['samples.png/0.png']);
  });

  it('does not follow a link to a folder above, of the root or outside', () => {
    place('a.png', 'deep/er/b.png');
    symlinkSync('.', join(root, 'loop'));
    symlinkSync('../..', join(root, 'deep/er/up'));
    symlinkSync(outer, join(root, 'deep/out'));
    expect(walked()).toEqual({ names: ['a.png', 'deep/er/b.png'], leftOut: 'left out 3 links to folders above them' });
  });

  it('does not follow a link to everything', () => {
    place('a.png');
    symlinkSync('/', join(root, 'everything'));
    expect(walked()).toEqual({ names: ['a.png'], leftOut: 'left out 1 link to a folder above it' });
  });

  it('ends where two folders outside lead to each other', () => {
    for (const [one, other] of [
      ['x', 'y'],
      ['y', 'x'],
    ] as const) {
      mkdirSync(join(outer, one));
      writeFileSync(join(outer, one, `${one}.png`), '');
      symlinkSync(join(outer, other), join(outer, one, other));
    }
    symlinkSync('../x', join(root, 'x'));
    expect(walked()).toEqual({
      names: ['x/x.png', 'x/y/y.png'],
      leftOut: 'left out 1 link to a folder above it',
    });
  });

  it('walks each real folder once, under its own name where it has one', () => {
    place('real/1.png');
    mkdirSync(join(outer, 'other/real'), { recursive: true });
    writeFileSync(join(outer, 'other/real/2.png'), '');
    symlinkSync('real', join(root, 'alias'));
    symlinkSync('../other', join(root, 'outside'));
    symlinkSync('../other/real', join(root, 'again'));
    expect(walked()).toEqual({
      names: ['again/2.png', 'real/1.png'],
      leftOut: 'left out 2 links to folders that are walked already',
    });
  });

  it('follows links to files and counts those that lead nowhere, or to themselves', () => {
    place('a.png', 'notes.txt');
    writeFileSync(join(outer, 'b.png'), '');
    symlinkSync('../b.png', join(root, 'b.png'));
    symlinkSync('gone.png', join(root, 'c.png'));
    symlinkSync('d.png', join(root, 'd.png'));
    symlinkSync('a.png/x.png', join(root, 'e.png'));
    expect(walked()).toEqual({ names: ['a.png', 'b.png'], leftOut: 'left out 3 dangling links' });
  });

  it('counts a file of the folder once, whatever links to it, and one outside as often as it is linked to', () => {
    place('a.png', 'x/c.png');
    writeFileSync(join(outer, '5d41.bin'), '');
    mkdirSync(join(outer, 'store'));
    writeFileSync(join(outer, 'store/z.png'), '');
    symlinkSync('a.png', join(root, 'latest.png'));
    symlinkSync('../a.png', join(root, 'x/b.png'));
    symlinkSync('../../store/z.png', join(root, 'x/z.png'));
    symlinkSync('../store', join(root, 'stored'));
    for (const name of ['one.png', 'two.png']) symlinkSync('../5d41.bin', join(root, name));
    expect(walked()).toEqual({
      names: ['a.png', 'one.png', 'stored/z.png', 'two.png', 'x/c.png'],
      leftOut: 'left out 3 links to files that count already',
    });
  });

  it('names the folders without a file of the kind', () => {
    place('a/1.png', 'b/notes.txt', 'c/.hidden.png');
    mkdirSync(join(root, 'd/e'), { recursive: true });
    const { emptyFolders } = walkFolder(root, {
      expected: '',
      isWanted: (name) => name.endsWith('.png'),
      tellOthers: false,
    });
    expect(emptyFolders).toEqual(['b', 'c', 'd/e', 'd']);
  });

  it('leaves out hidden names and what file servers and systems leave behind', () => {
    place(
      'a.png', '.ipynb_checkpoints/a-checkpoint.png', '._a.png', '.DS_Store', '__MACOSX/a.png', 'Thumbs.db', '@eaDir/a.png',
      'desktop.ini', '#recycle/a.png', '$RECYCLE.BIN/a.png', 'lost+found/a.png',
    ); // prettier-ignore
    expect(walked(true)).toEqual({ names: ['a.png'], leftOut: 'left out 10 hidden names' });
  });

  it('counts pipes, sockets and other files, with their endings', async () => {
    place('a.png', 'x.txt', 'y.json', 'z.csv', 'zz.csv', 'README', 'w.xml');
    execFileSync('mkfifo', [join(root, 'pipe.png')]);
    const server = createServer();
    await new Promise<void>((ready) => server.listen(join(root, 's.png'), ready));
    expect(walked(true)).toEqual({
      names: ['a.png'],
      leftOut: 'left out 1 pipe, 1 socket, 6 other files (.csv, .json, .txt ...)',
    });
    await new Promise((closed) => server.close(closed));
  });

  it('refuses what is looked for under a name that is not UTF-8, and folders of such names', () => {
    const named = (ending: string): Buffer =>
      Buffer.concat([Buffer.from(`${root}/`), Buffer.from(`\u00e9t\u00e9${ending}`, 'latin1')]);
    writeFileSync(named('.txt'), '');
    expect(walked(true).leftOut).toBe('left out 1 other file (.txt)');
    writeFileSync(named('.png'), '');
    const message = (ending: string): string =>
      `${root}: got a name that is not UTF-8, "\\xe9t\\xe9${ending}", expected names in UTF-8. Rename it, or move it away.`;
    expect(() => walked()).toThrow(message('.png'));
    rmSync(named('.png'));
    mkdirSync(named(''));
    expect(() => walked()).toThrow(message(''));
  });

  it('names what is no folder, or cannot be read, in one line', () => {
    place('a.png');
    const walk = (path: string) => () =>
      walkFolder(path, { expected: 'a folder of images', isWanted: () => true, tellOthers: false });
    expect(walk(join(root, 'a.png'))).toThrow(/a\.png: got .*ENOTDIR.*, expected a folder of images\./);
    expect(walk(join(root, 'gone'))).toThrow(/gone: got .*ENOENT.*, expected a folder of images\. Check the path\./);
  });
});

it('listFolder names what lies there, links by what they lead to', () => {
  place('a.png', 'b/c.png', '.hidden');
  symlinkSync('b', join(root, 'link'));
  symlinkSync('gone', join(root, 'dangling'));
  expect(listFolder(root, 'a folder')).toEqual([
    { name: 'a.png', kind: 'file' },
    { name: 'b', kind: 'folder' },
    { name: 'dangling', kind: null },
    { name: 'link', kind: 'folder' },
  ]);
});
