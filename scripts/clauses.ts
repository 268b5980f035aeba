/** @file `npm run clauses`: writes the conformance map into harness/method/README.md. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { writeFileAtomically } from '../harness/core/atomic-file.ts';
import { clauses, withClauseTable } from '../harness/method/clauses.ts';
import { runCommand } from './command.ts';

const readme = join(import.meta.dirname, '../harness/method/README.md');

await runCommand(
  new Command('npm run clauses --')
    .description('Writes the conformance map into harness/method/README.md.')
    .action(() => {
      writeFileAtomically(readme, withClauseTable(readFileSync(readme, 'utf8')));
      console.log(`${clauses.length} clauses: ${readme}`);
    }),
);
