/**
 * @file Starts the ranks of a cell on this machine; when one ends before its work is done, all end.
 *
 * Each is a process of its own, with the variables of torchrun.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { exitCodes, exitMeaning } from '../core/errors.ts';
import { startLogged, type LoggedEnd, type LoggedProcess } from '../system/process/logged-process.ts';
import type { Output } from '../system/progress.ts';
import { freePort } from './address.ts';

export interface LaunchOptions {
  readonly command: readonly [string, ...string[]];
  readonly ranks: number;
  readonly environment: NodeJS.ProcessEnv;
  /** Where the output of each rank goes. */
  readonly logOf: (rank: number) => string;
  /** Shows what rank 0 says, and why others end. */
  readonly output: Output;
  /** Registers what must happen when this process is asked to stop. */
  readonly onSignal: (forward: (signal: NodeJS.Signals) => void) => () => void;
  /** Between two looks at the logs. */
  readonly pollMs?: number;
}

export interface LaunchEnd {
  readonly exitCode: number;
  /** Which ended first, before its work was done. */
  readonly rank?: number;
  /** Where a rank could not say itself why it ended. */
  readonly why?: string;
}

/** In which the other ranks can find out by themselves and say so; one that is stopped never does. */
const graceMs = 3_000;
/** Set where standard input ends with the process that has started the rank. */
const tiedVariable = 'CONSISTENCY_TIED';
const loopback = '127.0.0.1';

/** Runs all ranks to their ends. */
export async function launchRanks(options: LaunchOptions): Promise<LaunchEnd> {
  const { command, ranks, environment, output, logOf, pollMs = 100 } = options;
  const port = await freePort(loopback);
  const lastLines: string[] = [];
  const started = Array.from({ length: ranks }, (_, rank) =>
    startLogged(command, {
      log: logOf(rank),
      environment: { ...environment, ...variablesOf(rank, ranks, port), ...deviceOf(rank, environment) },
      onLine: (line) => {
        lastLines[rank] = line;
        if (rank === 0) output.write(`${line}\n`);
      },
      pollMs,
      tied: true,
    }),
  );
  const release = options.onSignal((signal) => {
    for (const { send } of started) send(signal);
  });
  try {
    const [first, end] = await firstFailure(started);
    if (!end) return { exitCode: exitCodes.done };
    await Promise.race([Promise.allSettled(started.map(({ ended }) => ended)), pause(graceMs)]);
    for (const { send } of started) send('SIGKILL');
    await Promise.all(started.map(({ ended }) => ended));
    const { exitCode, why } = endOf(end);
    if (first > 0 && exitCode !== exitCodes.checkpointed) {
      const said = lastLines[first];
      output.write(`rank ${first} (process ${started[first]!.pid}): ${why ?? said ?? exitMeaning(exitCode)}\n`);
    }
    return { exitCode, rank: first, ...(why !== undefined && { why: `rank ${first} ${why}; the others were ended` }) };
  } finally {
    release();
  }
}

/** The first rank that does not end well, once it has ended; null where all end well. */
async function firstFailure(started: readonly LoggedProcess[]): Promise<readonly [number, LoggedEnd | null]> {
  let found: (failure: readonly [number, LoggedEnd]) => void = () => undefined;
  const failure = new Promise<readonly [number, LoggedEnd]>((resolve) => (found = resolve));
  const all = started.map(async ({ ended }, rank) => {
    const end = await ended;
    if (end.exitCode !== exitCodes.done) found([rank, end]);
  });
  return Promise.race([failure, Promise.all(all).then(() => [0, null] as const)]);
}

/** A rank that was killed may not be at the next attempt. */
function endOf({ exitCode, signal }: LoggedEnd): LaunchEnd {
  if (exitCode !== null) return { exitCode };
  return { exitCode: exitCodes.transient, why: `killed by ${signal!}` };
}

function variablesOf(rank: number, ranks: number, port: number): NodeJS.ProcessEnv {
  return {
    RANK: String(rank),
    WORLD_SIZE: String(ranks),
    LOCAL_RANK: String(rank),
    LOCAL_WORLD_SIZE: String(ranks),
    MASTER_ADDR: loopback,
    MASTER_PORT: String(port),
    [tiedVariable]: '1',
  };
}

/** One GPU each: the rank's own of those that this process sees. */
export function deviceOf(localRank: number, { CUDA_VISIBLE_DEVICES: visible }: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  if (visible === '' || visible === '-1') return {};
  const own = visible === undefined ? String(localRank) : visible.split(',')[localRank];
  return own === undefined ? {} : { CUDA_VISIBLE_DEVICES: own };
}

/** Ends this process with the one that has started it, also where that was killed. */
export function endWithLauncher(): void {
  if (process.env[tiedVariable] === undefined) return;
  process.stdin.once('end', () => process.exit(exitCodes.transient));
  process.stdin.resume();
  process.stdin.unref();
}
