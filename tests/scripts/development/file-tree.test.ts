/** @file The tree of files in harness/README.md: one phrase each, and the tree of today's files. */
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { fileTree, withFileTree } from '../../../scripts/development/file-tree.ts';

const harness = resolve(import.meta.dirname, '../../../harness');

it('is that of the files (npm run map)', () => {
  const page = readFileSync(join(harness, 'README.md'), 'utf8');
  expect(page).toBe(withFileTree(page, harness));
});

it('takes the phrase from where each kind of file opens, and names the others together', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tree-'));
  mkdirSync(join(folder, 'native'));
  writeFileSync(join(folder, 'a.ts'), '/** @file Adds numbers. More of it. */\n');
  writeFileSync(
    join(folder, 'longer.ts'),
    '/**\n * @file Adds numbers\n * over two lines.\n *\n * Source: none.\n */\n',
  );
  writeFileSync(join(folder, 'peer.py'), '"""Answers questions.\n\nMore."""\n');
  writeFileSync(join(folder, 'b.hbs'), '<p>');
  writeFileSync(join(folder, 'c.txt'), 'x');
  writeFileSync(join(folder, 'native', 'x.cc'), '// Builds a graph: it\n// runs later. More.\n#include <a>\n');
  writeFileSync(join(folder, 'native', 'y.wat'), ';; Loops over\n;; bytes. More.\n(module)\n');
  expect(fileTree(folder)).toBe(
    [
      'a.ts       Adds numbers',
      'longer.ts  Adds numbers over two lines',
      'peer.py    Answers questions',
      'b.hbs, c.txt',
      'native/',
      '  x.cc   Builds a graph: it runs later',
      '  y.wat  Loops over bytes',
    ].join('\n'),
  );
});

it('needs a page with its markers', () => {
  expect(() => withFileTree('# House', harness)).toThrow('a page without');
});
