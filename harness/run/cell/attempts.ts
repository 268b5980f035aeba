/** @file Record of every attempt at a cell, one line when it begins and one when it ends, whoever started it. */
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../../core/clock.ts';
import { CheckpointedExit, HarnessError, exitCodes } from '../../core/errors.ts';
import { EventLog, readEvents } from '../../system/event-log.ts';

export const attemptsFileName = 'attempts.jsonl';

/** What ended a process that could not say so itself. */
export type Killer = 'wedged' | 'signal';

export type AttemptEvent =
  | { readonly event: 'begin'; readonly at: string; readonly host: string; readonly pid: number }
  /** Written by the cell itself. */
  | { readonly event: 'end'; readonly at: string; readonly exitCode: number; readonly why: string | null }
  /** Written by who started it. */
  | { readonly event: 'killed'; readonly at: string; readonly by: Killer; readonly why: string };

function attemptLog(folder: string): EventLog<AttemptEvent> {
  return new EventLog<AttemptEvent>(join(folder, attemptsFileName));
}

/** Runs a cell and records when it began, and how it ended unless its process is killed. @throws what the cell throws */
export async function recordAttempt(folder: string, clock: Clock, run: () => Promise<unknown>): Promise<void> {
  const log = attemptLog(folder);
  log.append({ event: 'begin', at: now(clock), host: hostname(), pid: process.pid });
  try {
    await run();
    log.append({ event: 'end', at: now(clock), exitCode: exitCodes.done, why: null });
  } catch (thrown) {
    log.append({ event: 'end', at: now(clock), ...endOf(thrown) });
    throw thrown;
  }
}

export function recordKill(folder: string, clock: Clock, by: Killer, why: string): void {
  attemptLog(folder).append({ event: 'killed', at: now(clock), by, why });
}

/** The attempts at the cell of a folder so far, in order. */
export function readAttempts(folder: string): AttemptEvent[] {
  return readEvents<AttemptEvent>(join(folder, attemptsFileName));
}

function endOf(thrown: unknown): { exitCode: number; why: string } {
  const known = thrown instanceof HarnessError || thrown instanceof CheckpointedExit;
  const why = thrown instanceof Error ? thrown.message : String(thrown);
  return { exitCode: known ? thrown.exitCode : exitCodes.failed, why: why.split('\n')[0]! };
}

function now(clock: Clock): string {
  return clock.date().toISOString();
}
