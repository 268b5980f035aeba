/** @file Asks a process of a build for the values of a group. */
import { join } from 'node:path';
import { oneLine } from '../../core/errors.ts';
import type { Device } from '../../core/device.ts';
import { exists } from '../../system/files/files.ts';
import { runGuarded } from '../../system/process/guarded-process.ts';
import type { Deadline } from './time-left.ts';
import { answerIn, type ProbeAnswer } from './protocol.ts';

/** A build that can be measured. */
export interface Side {
  readonly root: string;
  readonly commit: string;
}

/** @param seed of a group that is measured once per seed */
export type Ask = (side: Side, group: string, seed?: number) => Promise<ProbeAnswer | { readonly why: string }>;

/** For which a process may go on when the budget of the night is gone: the last block began when there was time for it. */
const graceMs = 120_000;

/**
 * Starts a fresh process for every question. What npm put into the environment is left out: it would send the process to another folder.
 * A process that fails, is killed or does not end is an answer too: why there are no values.
 * @param budget of the night; without one a process is waited for
 */
export function askingProcesses(device: Device, signal: AbortSignal, budget?: Deadline): Ask {
  return async (side, group, seed) => {
    const script = join(side.root, 'scripts', 'bench', 'nightly-probe.ts');
    if (!exists(script)) return { why: 'it is older than the nightly command' };
    const options = seed === undefined ? [] : ['--seed', String(seed)];
    const start = join(side.root, 'harness', 'cli', 'start.mjs');
    const command = [process.execPath, start, 'bench/nightly-probe', group, '--device', device, ...options];
    const late = budget && AbortSignal.timeout(Math.max(0, Math.round(budget.left() + graceMs)));
    const answer = runGuarded(command, {
      environment: ownEnvironment(process.env),
      signal: late ? AbortSignal.any([signal, late]) : signal,
      folder: side.root,
    });
    const ended = await answer.catch((thrown: unknown) => {
      if (signal.aborted || !late?.aborted) throw thrown;
      return null;
    });
    if (ended === null) return { why: 'its process had not ended two minutes after the budget of the night was gone' };
    const { code, output, errors } = ended;
    if (code === 0) return answerIn(output);
    const lines = errors.trim().split('\n');
    const last = lines.findLast((line) => /error/i.test(line)) ?? lines.at(-1)!;
    const end = code > 128 ? `was killed by signal ${code - 128}` : `ended with exit code ${code}`;
    return { why: oneLine(`its process ${end}${last === '' ? '' : `: ${last.slice(0, 300)}`}`) };
  };
}

/** Without what npm put there, which would send a process to another folder. */
export function ownEnvironment(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(environment).filter(([name]) => !/^(npm_|INIT_CWD$|NODE_OPTIONS$)/i.test(name)),
  );
}
