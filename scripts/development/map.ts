/** @file `npm run map`: writes the tree of files, one phrase each, into harness/README.md. */
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { runCommand } from '../../harness/cli/command.ts';
import { writeFileAtomically } from '../../harness/system/files/atomic-file.ts';
import { readText } from '../../harness/system/files/input-file.ts';
import { withFileTree } from './file-tree.ts';

const root = resolve(import.meta.dirname, '../..');
const page = join(root, 'harness', 'README.md');

await runCommand(
  new Command('npm run map --')
    .description('Writes the tree of files, one phrase each, into harness/README.md.')
    .action(() => {
      writeFileAtomically(page, withFileTree(readText(page), join(root, 'harness')));
      console.log(page);
    }),
);
