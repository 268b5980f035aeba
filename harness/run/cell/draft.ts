/** @file Drafts of a cell's result: done with its scores, or ended early with the reason. */
import { join } from 'node:path';
import { streamOfDraw, type Stream } from '../../core/random.ts';
import type { Warning } from '../../core/warnings.ts';
import { engineFacts } from '../../engine/engine.ts';
import { curvesOf } from '../../evaluate/curve.ts';
import { classesOf } from '../../recipe/classes.ts';
import { costOf } from '../../plan/cost.ts';
import { drawsOf } from '../../plan/resolve.ts';
import type { Plan } from '../../plan/types.ts';
import { collectMachine } from '../../results/origin/machine.ts';
import { collectProvenance } from '../../results/origin/provenance.ts';
import { streamTable } from '../../results/origin/random-streams.ts';
import type { Result } from '../../results/schema.ts';
import { standardWarnings } from '../../results/standard-warnings.ts';
import type { ResultDraft } from '../../results/store.ts';
import type { Throughput } from '../../results/throughput.ts';
import type { Score } from '../../score/score.ts';
import { readEvents } from '../../system/event-log.ts';
import { peakResidentBytes } from '../../system/process/resident-memory.ts';
import { eventsFileName, type TrainEvent } from '../../train/events.ts';
import type { CellEvaluation } from './evaluate-cell.ts';
import type { Cell } from './open-cell.ts';

export function doneDraft(cell: Cell, evaluation: CellEvaluation, throughput: readonly Throughput[]): ResultDraft {
  const { plan, progress } = cell;
  const { scores, curves, files, secondLevel, warnings } = evaluation;
  const resumed = progress.resumes.map((fromStep): Warning => ({ kind: 'resumed', fromStep }));
  return {
    ...draftOf(cell, scores, [...warnings, ...resumed]),
    status: 'done',
    failure: null,
    progress: progressAt(plan, plan.weights ? 0 : plan.asRun.steps),
    ...(secondLevel && { secondLevel }),
    curves,
    throughput,
    files,
  };
}

/** Why a process ended: one line and the exit code. */
export type ProcessEnd = Pick<NonNullable<Result['failure']>, 'message' | 'exitCode'>;

/** A cell as those see it who have not opened it. */
export interface UnseenCell {
  readonly folder: string;
  /** Root of the checkout. */
  readonly root: string;
  /** The command that repeats the cell. */
  readonly command: string;
}

/** What became of a cell that did not come to its end: the training so far, and why it stopped. */
export function endedDraft(cell: Cell, status: 'diverged' | 'failed', { message, exitCode }: ProcessEnd): ResultDraft {
  const { plan, progress } = cell;
  const step = progress.loss.at(-1)?.step ?? 0;
  return {
    ...draftOf(cell, [], []),
    status,
    failure: { step: plan.weights ? null : step, message, exitCode },
    progress: progressAt(plan, step),
    curves: curvesOf(cell, progress.scores.flat(), null),
    throughput: [],
    files: [],
  };
}

/** Of a cell whose process could not tell: what its plan and its event log say. The versions of the engine are not known. */
export function unseenDraft(
  { folder, root, command }: UnseenCell,
  plan: Plan,
  { message, exitCode }: ProcessEnd,
): ResultDraft {
  const last = readEvents<TrainEvent>(join(folder, eventsFileName)).findLast((one) => one.event === 'train');
  const step = last?.step ?? 0;
  const seconds = last?.trainSeconds ?? 0;
  const provenance = collectProvenance(root, [{ purpose: 'run this cell', line: command }]);
  return {
    plan,
    status: 'failed',
    failure: { step: plan.weights ? null : step, message, exitCode },
    progress: progressAt(plan, step),
    scores: [],
    curves: [],
    loss: [],
    throughput: [],
    memory: memoryOf(plan, null),
    time: { trainSeconds: seconds, pauseSeconds: 0, programSeconds: seconds },
    machine: collectMachine({
      gpu: null,
      tensorflow: 'unknown',
      tfjs: 'unknown',
      threads: { intraOp: null, interOp: null },
    }),
    provenance,
    warnings: standardWarnings({ plan, provenance, scores: [] }),
    streams: streamTable(plan.seed, usedStreams(plan)),
    files: [],
  };
}

function memoryOf(plan: Plan, peakResident: number | null): Result['memory'] {
  return {
    estimatedBytes: Math.round(costOf(plan).bytes.peak),
    peakResidentBytes: peakResident,
    peakDeviceBytes: null,
  };
}

function draftOf(cell: Cell, scores: readonly Score[], warnings: readonly Warning[]) {
  const { plan, options, progress, clock, began } = cell;
  const provenance = collectProvenance(options.root, [{ purpose: 'run this cell', line: options.command }]);
  const { trainSeconds, pauseSeconds, programSeconds } = progress;
  return {
    plan,
    loss: progress.loss,
    scores,
    memory: memoryOf(plan, peakResidentBytes()),
    time: {
      trainSeconds,
      pauseSeconds,
      programSeconds: Math.max(programSeconds, (clock.now() - began) / 1000),
    },
    machine: collectMachine(engineFacts(options.engine)),
    ...(options.ranks && { ranks: options.ranks.team.ranks }),
    provenance,
    warnings: [...standardWarnings({ plan, provenance, scores }), ...cell.warnings, ...warnings],
    streams: streamTable(plan.seed, usedStreams(plan)),
  };
}

function progressAt({ asRun }: Plan, steps: number): Result['progress'] {
  return { steps, images: steps * asRun.batchImages };
}

/** Every stream a cell draws from. */
function usedStreams(plan: Plan): Stream[] {
  const training: Stream[] = ['init', 'data-order', 'flip', 'level', 'noise', 'dropout'];
  const searched: Stream[] = plan.recipe.sampling.midSigma === null ? ['search-latent', 'search-noise'] : [];
  const drawn = Array.from({ length: drawsOf(plan) }, (_, draw) => streamsOfDraw(plan, draw));
  return [...(plan.weights ? [] : training), ...drawn.flat(), ...searched];
}

/** The streams of one draw of samples. */
export function streamsOfDraw({ recipe: { network } }: Plan, draw: number): Stream[] {
  const labelled = classesOf(network) !== null;
  const names = ['sample-latent', 'sample-noise', ...(labelled ? (['sample-label'] as const) : [])] as const;
  return names.map((name) => streamOfDraw(name, draw));
}
