/** @file Command `npm run clauses`: writes the conformance map into recipes/papers/README.md. */
import { readText } from '../../harness/system/files/input-file.ts';
import { join } from 'node:path';
import { Command } from 'commander';
import { writeFileAtomically } from '../../harness/system/files/atomic-file.ts';
import { clauses, withClauseTable } from '../../recipes/papers/clauses.ts';
import { runCommand } from '../../harness/cli/command.ts';

const readme = join(import.meta.dirname, '../../recipes/papers/README.md');

await runCommand(
  new Command('npm run clauses --')
    .description('Writes the conformance map into recipes/papers/README.md.')
    .action(() => {
      writeFileAtomically(readme, withClauseTable(readText(readme)));
      console.log(`${clauses.length} clauses: ${readme}`);
    }),
);
