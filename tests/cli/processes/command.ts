/** @file A command with every kind of argument and ending, run by harness/cli/command.ts as the real ones are. */
import { Command, Option } from 'commander';
import { CheckpointedExit, DataError, exitCodes } from '../../../harness/core/errors.ts';
import { runCommand } from '../../../harness/cli/command.ts';

const command = new Command('npm run kitchen --').description('Cooks.');
command
  .command('cook')
  .argument('<dish>')
  .addOption(new Option('--gas').conflicts('induction'))
  .option('--induction')
  .option('--minutes <n>')
  .option('--dry-run')
  .option('--json')
  .action((dish: string, { dryRun }: { dryRun?: true }) => {
    if (dryRun) {
      process.stdout.write(`would cook ${dish} in ${process.cwd()}\n`);
      return;
    }
    if (dish === 'nothing') {
      const fault = { where: 'kitchen', got: dish, expected: 'a dish', remedy: 'Name one' };
      throw new DataError(fault, { exitCode: exitCodes.transient });
    }
    if (dish === 'half') throw new CheckpointedExit('kitchen: stopped half-way, start again to go on');
    if (dish === 'oxen') new Float32Array(2 ** 52);
    if (dish === 'bug') throw new TypeError('no such pan');
    for (let i = 0; i < 20_000; i++) process.stdout.write(`${dish}\n`);
  });
// eslint-disable-next-line no-console -- most commands print so, and the console says nothing of what it could not print
command.command('clean').action(() => console.log('clean'));
await runCommand(command);
