/**
 * @file Adds draws of latents to a finished cell: samples and scores its weights again.
 *
 * Each draw is a file beside the result.
 */
import { join } from 'node:path';
import { CheckpointedExit, DataError, PlanError, described } from '../../core/errors.ts';
import { engineFacts } from '../../engine/engine.ts';
import { scoreDraw } from '../../evaluate/final.ts';
import { scoreIdentity } from '../../evaluate/scorer.ts';
import { readSafetensors } from '../../formats/safetensors.ts';
import type { MeasuredScores } from '../../metrics/measurement.ts';
import { drawsOf } from '../../plan/resolve.ts';
import type { Plan } from '../../plan/types.ts';
import { weightsFileName } from '../../results/origin/committed-weights.ts';
import { collectMachine } from '../../results/origin/machine.ts';
import { collectProvenance } from '../../results/origin/provenance.ts';
import { streamTable } from '../../results/origin/random-streams.ts';
import { readRedraws, writeRedraw, type RedrawDraft } from '../../results/redraws.ts';
import type { Result } from '../../results/schema.ts';
import { exists } from '../../system/files/files.ts';
import { sha256OfFile } from '../../system/files/file-hash.ts';
import type { CellOptions } from './cell-options.ts';
import { requireSameImages } from '../../train/checkpoint.ts';
import { givenFile, weightsOfFile } from './cell-weights.ts';
import { streamsOfDraw } from './draft.ts';
import { openCell, type Cell } from './open-cell.ts';

/**
 * Draws what a finished cell lacks of the further draws that were asked for; a cell that diverged has nothing to draw.
 * @returns how many draws were added
 * @throws CheckpointedExit when a stop was asked for: the draws that are done are kept
 * @throws DataError when the weights of the cell are gone, were changed, or were trained on other images than those at hand; PlanError when nothing can score the images
 */
export async function addRedraws(options: CellOptions, plan: Plan, result: Result): Promise<number> {
  const { folder, redraws = 0, stopRequested, command } = options;
  const first = drawsOf(plan) + readRedraws(folder, result).length;
  if (result.status !== 'done' || first > redraws) return 0;
  const path = await weightsPath(options, plan);
  using cell = await openCell(options, plan);
  requireImagesOf(cell, path);
  // Before they are read and checked: a file that is damaged in between is refused.
  const weightsSha256 = await sha256OfFile(path);
  const flat = weightsOfFile(cell, path, plan.weights?.part);
  const scorer = requireScorer(cell, result);
  for (let draw = first; draw <= redraws; draw++) {
    const scored: [readonly number[], MeasuredScores][] = [];
    for (const sigmas of samplersOfResult(result)) {
      scored.push([sigmas, await scoreDraw(cell, scorer, flat, sigmas, draw)]);
    }
    writeRedraw(folder, result, draftOf(cell, { draw, weightsSha256, scored }));
    if (stopRequested() && draw < redraws)
      throw new CheckpointedExit(`Stopped after draw ${draw + 1}. Go on with: ${command}`);
  }
  return redraws - first + 1;
}

/** The file of the weights that made the result. */
async function weightsPath(options: CellOptions, plan: Plan): Promise<string> {
  if (plan.weights) return givenFile(options, plan.weights);
  const path = join(options.folder, weightsFileName);
  if (!exists(path)) {
    throw new DataError({
      where: path,
      got: described('no file'),
      expected: 'the weights of the cell, which further draws are sampled from',
      remedy: 'Bring the file back, or train the cell again in a run with another --name and the same --redraws',
    });
  }
  const made = readSafetensors(path).metadata.plan;
  if (made === plan.fingerprint) return path;
  throw new DataError({
    where: path,
    got: described(`weights of plan ${made?.slice(0, 12) ?? 'unknown'}`),
    expected: `plan ${plan.fingerprint.slice(0, 12)}, that of the cell`,
    remedy: 'Bring the weights of this cell back',
  });
}

/** Weights that do not say on which images they were trained pass: the scores must have the identities of the result all the same. */
function requireImagesOf({ plan, source }: Cell, path: string): void {
  const trained = plan.weights ? undefined : readSafetensors(path).metadata.data;
  if (source && trained !== undefined) requireSameImages(path, trained, source.contentHash);
}

function requireScorer({ scorer, folder, warnings }: Cell, { scores }: Result): NonNullable<Cell['scorer']> {
  if (scorer && scores.length > 0) return scorer;
  const missing = warnings.find(({ kind }) => kind === 'metric-missing');
  throw new PlanError({
    where: folder,
    got: described(
      scorer ? 'a result without scores' : `no metric${missing && 'why' in missing ? `: ${missing.why}` : ''}`,
    ),
    expected: 'a cell that was scored, and what scored it',
    remedy: 'Give the metric its files and run the cell again under another name',
  });
}

/** The levels of each sampler of the result: a second level that was searched is not searched again. */
function samplersOfResult({ scores }: Result): (readonly number[])[] {
  return [...new Map(scores.map(({ nfe, sigmas }) => [nfe, sigmas])).values()];
}

interface DrawnScores extends Pick<RedrawDraft, 'draw' | 'weightsSha256'> {
  readonly scored: readonly (readonly [sigmas: readonly number[], measured: MeasuredScores])[];
}

function draftOf({ plan, options }: Cell, { draw, weightsSha256, scored }: DrawnScores): RedrawDraft {
  return {
    draw,
    weightsSha256,
    scores: scored.flatMap(([sigmas, { scores }]) =>
      scores.map(({ metric, value, identity }) => ({
        metric,
        nfe: sigmas.length,
        sigmas: [...sigmas],
        value,
        identity: scoreIdentity(plan, identity),
      })),
    ),
    warnings: scored.flatMap(([, { warnings }]) => warnings),
    machine: collectMachine(engineFacts(options.engine)),
    provenance: collectProvenance(options.root, [{ purpose: 'add this draw', line: options.command }]),
    streams: streamTable(plan.seed, streamsOfDraw(plan, draw)),
  };
}
