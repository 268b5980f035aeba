/** @file Record of every attempt at a cell, one line when it begins and one when it ends, whoever started it. */
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../../core/clock.ts';
import { exitCodes } from '../../core/errors.ts';
import { EventLog, readEvents } from '../../system/event-log.ts';
import { endOf, watchAttempt, type AttemptRecorder } from './ended-cell.ts';

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

/** Runs a cell and records when it began, and how and why it ended unless its process is killed. @throws what the cell throws */
export async function recordAttempt(
  recorder: AttemptRecorder,
  clock: Clock,
  run: () => Promise<unknown>,
): Promise<void> {
  const log = attemptLog(recorder.folder);
  const recordEnd = watchAttempt(recorder);
  log.append({ event: 'begin', at: now(clock), host: hostname(), pid: process.pid });
  try {
    await run();
    log.append({ event: 'end', at: now(clock), exitCode: exitCodes.done, why: null });
  } catch (thrown) {
    const end = endOf(thrown);
    log.append({ event: 'end', at: now(clock), exitCode: end.exitCode, why: end.message });
    recordEnd(end);
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

function now(clock: Clock): string {
  return clock.date().toISOString();
}
