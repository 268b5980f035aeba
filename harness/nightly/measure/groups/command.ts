/** @file Speed of starting a command: a plan of the twin, printed by a process of its own. */
import { join } from 'node:path';
import { execa } from 'execa';
import { median } from '../../../results/benchmark.ts';
import type { Group } from '../work.ts';

const starts = 2;

/** The first start fills the system's caches of files and is not counted. */
export const commandGroup: Group = async ({ root, clock }) => {
  const milliseconds: number[] = [];
  for (let start = 0; start <= starts; start++) {
    const begun = clock.now();
    const script = join(root, 'scripts', 'plan.ts');
    await execa(process.execPath, ['--import', 'tsx', script, 'shapes', '--scale', 'smoke', '--device', 'cpu'], {
      cwd: root,
      stdout: 'ignore',
    });
    if (start > 0) milliseconds.push(clock.now() - begun);
  }
  return { 'command-start': { kind: 'paired', value: median(milliseconds) } };
};
