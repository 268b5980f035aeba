/** @file A cell of a proof as a process of its own: started, killed after a step, and how it ended. */
import { join } from 'node:path';
import { execa } from 'execa';
import { planFileName, writePlan } from '../plan/plan-file.ts';
import type { Plan } from '../plan/types.ts';
import { makeFolder } from '../system/files/files.ts';

/** Program and arguments of the process that runs the cell of a folder; `killAfter` steps it kills itself with signal 9. */
export type CellCommand = (folder: string, killAfter?: number) => readonly [string, ...string[]];

/** Makes the folder of a cell with its plan. */
export function placeProofCell(folder: string, plan: Plan): string {
  makeFolder(folder);
  writePlan(join(folder, planFileName), plan);
  return folder;
}

/** @returns null when the process ended well, else how it ended, in words */
export async function runCellProcess(command: readonly [string, ...string[]]): Promise<string | null> {
  const [program, ...args] = command;
  const { exitCode, signal, stderr } = await execa(program, args, { reject: false, stdin: 'ignore', stdout: 'ignore' });
  if (exitCode === 0) return null;
  const last = stderr.trim().split('\n').at(-1) ?? '';
  return `ended ${signal ? `by ${signal}` : `with exit code ${exitCode}`}${last === '' ? '' : `: ${last}`}`;
}

/** Runs a process and after so many milliseconds kills it with all that it started. @returns whether it was killed before its end */
export async function runCellKilled(command: readonly [string, ...string[]], afterMs: number): Promise<boolean> {
  const [program, ...args] = command;
  const child = execa(program, args, { reject: false, stdio: 'ignore', detached: true, cleanup: false });
  const timer = setTimeout(() => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    } catch {
      // It has just ended.
    }
  }, afterMs);
  const { signal } = await child;
  clearTimeout(timer);
  return signal === 'SIGKILL';
}
