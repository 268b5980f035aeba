/**
 * @file Proof that a killed run goes on exactly: n steps straight against k steps, `kill -9`, and the rest.
 *
 * The rest is taken by a new process.
 */
import { join } from 'node:path';
import { EngineError, described } from '../core/errors.ts';
import type { Plan } from '../plan/types.ts';
import { inTemporaryFolder } from '../system/files/files.ts';
import { cellOutcome, firstDifference, type CellOutcome } from './cell-outcome.ts';
import { placeProofCell, runCellProcess, type CellCommand } from './cell-process.ts';
import { interruptions } from './proof-plan.ts';
import type { Comparison, Proof } from './proof.ts';

export interface ResumeRequest {
  readonly plan: Plan;
  readonly subject: string;
  readonly cellProcess: CellCommand;
  /** Steps after which to kill, in place of those where something begins or ends. */
  readonly killAfter?: readonly number[];
  readonly onDone?: (what: string) => void;
}

/** @throws EngineError when the undisturbed run does not come to its end */
export function proveResume(request: ResumeRequest): Promise<Proof> {
  const { plan, subject, onDone } = request;
  return inTemporaryFolder('verify-resume-', async (folder) => {
    const straight = await straightCell(join(folder, 'straight'), request);
    onDone?.('straight');
    const moments = request.killAfter?.map((k) => ({ k, why: 'as asked' })) ?? interruptions(plan);
    const comparisons: Comparison[] = [];
    for (const { k, why } of moments) {
      const what = `killed after step ${k} (${why})`;
      comparisons.push({ what, difference: await killedAndGoneOn(join(folder, `killed-${k}`), k, straight, request) });
      onDone?.(what);
    }
    return { proof: 'resume', subject, hashes: Object.fromEntries(straight.hashes), comparisons };
  });
}

/** Runs a cell that nothing disturbs. */
export async function straightCell(
  folder: string,
  { plan, cellProcess }: Pick<ResumeRequest, 'plan' | 'cellProcess'>,
): Promise<CellOutcome> {
  const end = await runCellProcess(cellProcess(placeProofCell(folder, plan)));
  const outcome = end === null ? await cellOutcome(folder) : null;
  if (outcome) return outcome;
  throw new EngineError({
    where: 'the undisturbed run',
    got: described(end ?? 'no result'),
    expected: 'a run that comes to its end',
    remedy: 'Mend that first: there is nothing to compare with',
  });
}

async function killedAndGoneOn(
  folder: string,
  k: number,
  straight: CellOutcome,
  { plan, cellProcess }: ResumeRequest,
): Promise<string | null> {
  placeProofCell(folder, plan);
  const killed = await runCellProcess(cellProcess(folder, k));
  if (!killed?.startsWith('ended by SIGKILL'))
    return `the process was to be killed, and ${killed ?? 'came to its end'}`;
  return differenceOfEnd(folder, straight, await runCellProcess(cellProcess(folder)));
}

/** The first difference of a cell that was gone on with to the undisturbed one; null where there is none. */
export async function differenceOfEnd(
  folder: string,
  straight: CellOutcome,
  end: string | null,
): Promise<string | null> {
  if (end !== null) return `going on ${end}`;
  const outcome = await cellOutcome(folder);
  return outcome ? firstDifference(straight, outcome) : 'no result';
}
