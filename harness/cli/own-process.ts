/** @file Command line of a process of this project: a script of `scripts/`, started from its bundle. */
import { join } from 'node:path';

const start = join(import.meta.dirname, 'start.mjs');

/** @param script its path below `scripts/` without ending, such as `cell` or `bench/subject` */
export function ownProcess(script: string): [string, ...string[]] {
  return [process.execPath, ...process.execArgv, start, script];
}
