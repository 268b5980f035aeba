/** @file Speed of starting a command: a plan of the twin, printed by a process of its own. */
import { execa } from 'execa';
import { median } from '../../../results/benchmark/rounds.ts';
import type { Group } from '../work.ts';

const starts = 2;

/** The first start makes the bundle and fills the system's caches of files; it is not counted. */
export const commandGroup: Group = async ({ root, clock, work, planProcess }) => {
  const milliseconds: number[] = [];
  const [program, ...args] = planProcess;
  const { dataset } = work.sizes.twin.recipe.data;
  for (let start = 0; start <= starts; start++) {
    const begun = clock.now();
    await execa(program, [...args, dataset, '--scale', 'smoke', '--device', 'cpu'], { cwd: root, stdout: 'ignore' });
    if (start > 0) milliseconds.push(clock.now() - begun);
  }
  return { 'command-start': { kind: 'paired', value: median(milliseconds) } };
};
