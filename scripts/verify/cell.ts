/** @file One cell of a proof: what `npm run cell` does, killing itself after a step if so asked. */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { positive } from '../../harness/cli/numbers.ts';
import { runCommand } from '../../harness/cli/command.ts';
import { systemClock } from '../../harness/core/clock.ts';
import { openEngine } from '../../harness/engine/open.ts';
import { planFileName, readPlan } from '../../harness/plan/plan-file.ts';
import { runCell } from '../../harness/run/cell/cell.ts';
import { lockCell } from '../../harness/run/cell/cell-lock.ts';
import { standardError } from '../../harness/system/progress.ts';
import { proofInputs } from '../../harness/verify/proof-inputs.ts';

const command = new Command('verify-cell')
  .argument('<folder>', 'folder with plan.json')
  .option('--kill-after <steps>', 'kill this process with signal 9 after so many steps', positive)
  .action(async (folder: string, { killAfter }: { killAfter?: number }) => {
    const output = standardError();
    const plan = readPlan(join(folder, planFileName));
    const lock = lockCell(folder, { clock: systemClock, output });
    const { device, tf32, deterministic } = plan.engine;
    const engine = await openEngine({ device, tf32, deterministic, threads: availableParallelism(), output });
    let steps = 0;
    try {
      await runCell({
        folder,
        engine,
        ...proofInputs(output),
        clock: systemClock,
        output,
        stopRequested: () => {
          steps += 1;
          if (steps === killAfter) process.kill(process.pid, 'SIGKILL');
          return false;
        },
        root: join(import.meta.dirname, '../..'),
        command: `npm run cell -- ${folder}`,
      });
    } finally {
      lock.release();
    }
  });

await runCommand(command);
