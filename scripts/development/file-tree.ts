/** @file Tree of the files of a folder, each with the sentence that it opens with. */
import { join } from 'node:path';
import { isFolder, namesIn } from '../../harness/system/files/files.ts';
import { readText } from '../../harness/system/files/input-file.ts';

const begin = '<!-- files: begin -->';
const end = '<!-- files: end -->';

/** The page with the tree between its markers; everything else is left as it is. */
export function withFileTree(page: string, folder: string): string {
  const from = page.indexOf(begin);
  const to = page.indexOf(end);
  if (from < 0 || to < from) throw new Error(`a page without "${begin}" and "${end}"`);
  return `${page.slice(0, from + begin.length)}\n\n\`\`\`text\n${fileTree(folder)}\n\`\`\`\n\n${page.slice(to)}`;
}

/** One line per file, folders after the files beside them; files that open with no sentence are named together. */
export function fileTree(folder: string, indent = ''): string {
  const names = [...namesIn(folder)].sort();
  const folders = names.filter((name) => isFolder(join(folder, name)));
  const files = names
    .filter((name) => !folders.includes(name))
    .map((name) => ({ name, phrase: phraseOf(folder, name) }));
  const width = Math.max(0, ...files.map(({ name }) => name.length));
  const silent = files.filter(({ phrase }) => phrase === null).map(({ name }) => name);
  return [
    ...files
      .filter(({ phrase }) => phrase !== null)
      .map(({ name, phrase }) => `${indent}${name.padEnd(width)}  ${phrase!}`),
    ...(silent.length > 0 ? [`${indent}${silent.join(', ')}`] : []),
    ...folders.map((name) => `${indent}${name}/\n${fileTree(join(folder, name), `${indent}  `)}`),
  ].join('\n');
}

/** The opening sentence of a file, by its kind; null where the kind has none. */
function phraseOf(folder: string, name: string): string | null {
  const ending = /\.[^.]+$/.exec(name)?.[0] ?? '';
  const opening = openings[ending];
  if (!opening) return null;
  const [, text] = opening.exec(readText(join(folder, name))) ?? [];
  if (text === undefined) return null;
  const [sentence] = text
    .replaceAll(/^(?:\/\/|;;) ?/gm, '')
    .replaceAll(/\s*\n(?: \*)?\s*/g, ' ')
    .trim()
    .split(/(?<=[.!?])\s/);
  return sentence!.replace(/\.$/, '');
}

/** What a file opens with: its `@file` block, its first comment, its docstring, its title. */
const openings: Readonly<Record<string, RegExp>> = {
  '.ts': /@file ([\s\S]*?)\*\//,
  '.cc': /^((?:\/\/.*\n)+)/,
  '.h': /^((?:\/\/.*\n)+)/,
  '.wat': /^((?:;;.*\n)+)/,
  '.py': /^"""([\s\S]*?)"""/,
  '.md': /^# (.*)$/m,
};
