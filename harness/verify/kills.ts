/**
 * @file Proof by real kills: process groups of real cells killed at random moments, then gone on with.
 *
 * The signal is 9.
 */
import { join } from 'node:path';
import type { Clock } from '../core/clock.ts';
import { HostRandom } from '../core/random.ts';
import type { Plan } from '../plan/types.ts';
import { inTemporaryFolder } from '../system/files/files.ts';
import { placeProofCell, runCellKilled, runCellProcess, type CellCommand } from './cell-process.ts';
import type { Comparison, Proof } from './proof.ts';
import { differenceOfEnd, straightCell } from './resume.ts';

export interface KillsRequest {
  readonly plan: Plan;
  readonly subject: string;
  readonly cellProcess: CellCommand;
  /** Kills in all. */
  readonly times: number;
  /** Of the moments. */
  readonly seed: number;
  readonly clock: Clock;
  readonly onDone?: (what: string) => void;
  /** Runs a process and kills it after so many milliseconds, unless another is given. */
  readonly killed?: typeof runCellKilled;
}

/** Kills of one cell before it is left to come to its end. */
const killsPerCell = 5;

/**
 * Kills are spread evenly over the time of an undisturbed process, from its start on: while it loads, trains, writes or scores.
 * @throws EngineError when the undisturbed run does not come to its end
 */
export function proveKills({
  plan,
  subject,
  cellProcess,
  times,
  seed,
  clock,
  onDone,
  killed = runCellKilled,
}: KillsRequest): Promise<Proof> {
  return inTemporaryFolder('verify-kills-', async (folder) => {
    const begun = clock.now();
    const straight = await straightCell(join(folder, 'straight'), { plan, cellProcess });
    const wholeMs = clock.now() - begun;
    onDone?.('straight');
    const random = new HostRandom(seed, 'data-order', 0);
    const comparisons: Comparison[] = [];
    let struck = 0;
    for (let cells = 0; struck < times && cells < mostCells(times); cells++) {
      const cell = placeProofCell(join(folder, `cell-${cells}`), plan);
      const moments: string[] = [];
      const kills = Math.min(killsPerCell, times - struck);
      // A process that ends before its moment was not killed: its cell is done, and the next one takes over.
      for (let ended = false; !ended && moments.length < kills;) {
        const afterMs = Math.round(wholeMs * random.uniform());
        ended = !(await killed(cellProcess(cell), afterMs));
        if (!ended) moments.push(`${(afterMs / 1000).toFixed(1)} s`);
      }
      if (moments.length === 0) continue;
      struck += moments.length;
      const end = await runCellProcess(cellProcess(cell));
      const what = `killed ${moments.length} times, after ${moments.join(', ')}`;
      comparisons.push({ what, difference: await differenceOfEnd(cell, straight, end) });
      onDone?.(`${struck} of ${times} kills`);
    }
    const hashes = Object.fromEntries(straight.hashes);
    return { proof: 'kills', subject, hashes, comparisons, kills: { struck, asked: times } };
  });
}

/** Half of the moments come too late where a process takes half the time of the first one; so many cells are enough even then. */
function mostCells(times: number): number {
  return 10 + 4 * times;
}
