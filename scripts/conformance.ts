/**
 * @file Command `npm run conformance -- <folder>...`: judges all reference cases below the folders.
 *
 * They are computed by this project's own functions.
 */
import { Command } from 'commander';
import { kinds } from '../harness/conformance/kinds.ts';
import { caseLine, conformanceJson, summaryLine } from '../harness/conformance/print.ts';
import { exitCodeOf, runConformance } from '../harness/conformance/runner.ts';
import { standardError } from '../harness/system/progress.ts';
import { openEngine } from '../harness/engine/open.ts';
import { runCommand } from '../harness/cli/command.ts';

const command = new Command('npm run conformance --')
  .description(
    'Runs every reference case under the folders against this project: one line per case, then "N passed, N failed".',
  )
  .argument('<folder...>', 'folders with a case.json at or below them')
  .option('--json', 'print one JSON document in place of lines')
  .addHelpText(
    'after',
    '\nExit code 0: all passed; 1: some failed; 65: a pack is malformed or of a kind that is not supported.',
  )
  .action(async (folders: string[], options: { json?: true }) => {
    const reports = await runConformance(folders, {
      kinds,
      loadEngine,
      onRemark: (line) => process.stderr.write(`${line}\n`),
      ...(options.json ? {} : { onCase: (report) => console.log(caseLine(report)) }),
    });
    console.log(options.json ? conformanceJson(reports) : summaryLine(reports));
    process.exitCode = exitCodeOf(reports);
  });

/** The CPU in float32: the packs' tolerances are those of single precision, which a GPU's TensorFloat-32 does not keep. */
async function loadEngine(): Promise<void> {
  await openEngine({ device: 'cpu', output: standardError() });
}

await runCommand(command);
