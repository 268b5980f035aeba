/** @file Where a file may be written: never in place of what it is made from, and only where it can be. */
import { linkSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DataError } from '../../../harness/core/errors.ts';
import { requireOutputFile } from '../../../harness/system/files/output-file.ts';

let folder: string;
let input: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'output-'));
  input = join(folder, 'input.npz');
  writeFileSync(input, 'samples');
});
afterEach(() => rmSync(folder, { recursive: true }));

const refusal = (path: string, ...inputs: string[]): string => {
  try {
    requireOutputFile(path, inputs);
    return '';
  } catch (thrown) {
    if (thrown instanceof DataError) return thrown.message;
    throw thrown;
  }
};

describe('an output', () => {
  it('is not the input by another name: path, link, hard link, folder that is a link', () => {
    const same = 'expected another file than the input, which it would replace. Name another file.';
    symlinkSync(input, join(folder, 'link.npz'));
    linkSync(input, join(folder, 'hard.npz'));
    symlinkSync(folder, join(folder, 'again'));
    const names = [input, relative(process.cwd(), input), `${folder}/./input.npz`];
    for (const path of [
      ...names,
      join(folder, 'link.npz'),
      join(folder, 'hard.npz'),
      join(folder, 'again', 'input.npz'),
    ])
      expect(refusal(path, input)).toBe(`${path}: got the same file as ${input}, ${same}`);
    expect(refusal(input, join(folder, 'other.npz'), join(folder, 'link.npz'))).toContain('got the same file as');
  });

  it('does not lie in the folder that is the input, whether it is there or not', () => {
    mkdirSync(join(folder, 'images'));
    writeFileSync(join(folder, 'images', '1.png'), '');
    symlinkSync(join(folder, 'images'), join(folder, 'pictures'));
    const images = join(folder, 'images');
    for (const path of [join(images, '1.png'), join(images, 'new.npz'), join(folder, 'pictures', '1.png')])
      expect(refusal(path, images)).toBe(
        `${path}: got a file in ${images}, expected a file outside of the folder that is the input. Name another file.`,
      );
    expect(refusal(join(folder, 'images.npz'), images)).toBe('');
  });

  it('may replace another file, and is not touched', () => {
    const before = readdirSync(folder);
    expect(refusal(join(folder, 'new.npz'), input)).toBe('');
    writeFileSync(join(folder, 'old.npz'), 'x');
    expect(refusal(join(folder, 'old.npz'), input)).toBe('');
    expect(readdirSync(folder)).toEqual([...before, 'old.npz']);
  });

  it('is no folder, device or pipe', () => {
    expect(refusal(folder)).toBe(
      `${folder}: got a folder, expected the name of the file to write. Name a file in it, or move it away.`,
    );
    expect(refusal(`${folder}/new/`)).toContain('got a folder');
    expect(refusal('/dev/null')).toBe(
      '/dev/null: got a pipe or a device, expected a file to write. Name a file on a disk.',
    );
  });

  it('lies where it can be written, in a folder that is there or can be made, and no trial stays', () => {
    expect(refusal(join(folder, 'none', 'deeper', 'new.npz'))).toBe('');
    expect(readdirSync(folder)).toEqual(['input.npz']);
    expect(refusal(join(input, 'new.npz'))).toContain(`got a path through ${input}, which is no folder`);
    expect(refusal('/proc/new.npz')).toMatch(/^\/proc\/new\.npz: got /);
    const long = join(folder, 'n'.repeat(255));
    expect(refusal(long)).toBe(
      `${long}: got a name that is longer than the file system allows, expected to write this file. Use a shorter path.`,
    );
    symlinkSync('loop', join(folder, 'loop'));
    expect(refusal(join(folder, 'loop', 'new.npz'))).toContain('got links that lead round in a circle');
    expect(readdirSync(folder)).toEqual(['input.npz', 'loop']);
  });

  it('has room', () => {
    const path = join(folder, 'none', 'new.npz');
    expect(() => requireOutputFile(path, [], 2 ** 62)).toThrow(
      new RegExp(`^${folder}: got .+ of free disk space, expected about .+ for what is still written here\\. `),
    );
  });
});
