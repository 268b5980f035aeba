/** @file Records which cells were submitted as which tasks, and reads their state from squeue. */
import { join } from 'node:path';
import type { Clock } from '../../../core/clock.ts';
import { EventLog, readEvents, type LogEvent } from '../../../system/event-log.ts';
import { exists } from '../../../system/files/files.ts';
import { askSlurm } from './programs.ts';

interface Submitted extends LogEvent {
  readonly event: 'submitted';
  readonly at: string;
  readonly job: string;
  /** Names of the cells' folders: the task of a number is the cell of that number. */
  readonly cells: readonly string[];
}

/** A task: `waits` to be started (again), `runs`, or is `gone` from the queue, however it ended. */
export type TaskState = 'waits' | 'runs' | 'gone';

export function slurmFolder(runFolder: string): string {
  return join(runFolder, 'slurm');
}

function jobsFile(runFolder: string): string {
  return join(slurmFolder(runFolder), 'jobs.jsonl');
}

export function recordSubmission(runFolder: string, clock: Clock, job: string, cells: readonly string[]): void {
  const log = new EventLog<Submitted>(jobsFile(runFolder));
  log.append({ event: 'submitted', at: clock.date().toISOString(), job, cells });
}

/** Whether cells of the run were ever submitted. */
export function wasSubmitted(runFolder: string): boolean {
  return exists(jobsFile(runFolder));
}

/**
 * The state of the newest task of each cell that was submitted, by the name of its folder.
 * @throws DataError (exit code 75) when squeue does not answer
 */
export function taskStates(runFolder: string, environment: NodeJS.ProcessEnv): Map<string, TaskState> {
  const inQueue = new Map(
    askSlurm('squeue', ['--noheader', '--array', '--me', '--format=%i %T'], environment)
      .split('\n')
      .map((line) => line.trim().split(' ') as [task: string, state: string]),
  );
  const states = new Map<string, TaskState>();
  for (const { job, cells } of readEvents<Submitted>(jobsFile(runFolder))) {
    cells.forEach((cell, i) => states.set(cell, stateOf(inQueue.get(`${job}_${i}`))));
  }
  return states;
}

function stateOf(word: string | undefined): TaskState {
  if (
    word === undefined ||
    /^(COMPLETED|CANCELLED|FAILED|TIMEOUT|NODE_FAIL|OUT_OF_MEMORY|BOOT_FAIL|DEADLINE)/.test(word)
  ) {
    return 'gone';
  }
  return /^(PENDING|CONFIGURING|REQUEUED|REQUEUE_HOLD|REQUEUE_FED|SPECIAL_EXIT)/.test(word) ? 'waits' : 'runs';
}
