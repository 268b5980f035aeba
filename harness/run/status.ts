/** @file Status of a run from its files alone: state or end of every planned cell, and the time left. */
import { join } from 'node:path';
import type { Clock } from '../core/clock.ts';
import { exitMeaning } from '../core/errors.ts';
import { formatDuration } from '../core/units.ts';
import { planFileName, readPlan } from '../plan/plan-file.ts';
import type { Plan } from '../plan/types.ts';
import { cellsByVersion, readRun, type LedgerRow, type Run } from '../results/run.ts';
import { readEvents } from '../system/event-log.ts';
import { exists } from '../system/files/files.ts';
import { eventsFileName, type TrainEvent } from '../train/events.ts';
import { readAttempts, type AttemptEvent } from './cell/attempts.ts';
import { cellOwner } from './cell/cell-lock.ts';
import { readHeartbeat } from './cell/heartbeat.ts';
import { startAgain } from './executors/contract.ts';
import { runOwner } from './run-lock.ts';

/** In the order in which they are counted. */
const conditions = [
  /** Not begun, and something is there that will begin it. */
  'planned',
  'running',
  'done',
  /** Ended by an error, which is named. */
  'failed',
  /** A value of training was not finite: its result. */
  'diverged',
  /** Its process was ended by somebody, by the system, or for want of a sign of life. */
  'killed',
  /** Asked to stop: it goes on from its checkpoint. */
  'stopped',
  /** Not begun, and nothing is there that will begin it. */
  'missing',
] as const;
type Condition = (typeof conditions)[number];

interface CellStatus {
  readonly cell: string;
  readonly condition: Condition;
  /** Of a cell that failed: what its exit code means. */
  readonly class: string | null;
  /** Why it ended, or what it is doing. */
  readonly note: string;
  /** Training steps done, of how many; null where no plan or event says so, or nothing is trained. */
  readonly step: number | null;
  readonly steps: number | null;
  /** Estimate; null where nothing tells. */
  readonly secondsLeft: number | null;
}

export interface RunStatus {
  readonly run: string;
  /** All cells that were registered. */
  readonly cells: readonly CellStatus[];
  readonly counts: Readonly<Record<Condition, number>>;
  /** Estimate for all cells that are not finished, at as many at once as run now; null where nothing tells. */
  readonly secondsLeft: number | null;
  /** Cells with a result, by the version of the code that gave it. */
  readonly versions: readonly { readonly version: string; readonly cells: readonly string[] }[];
}

/** What a scheduler knows of a cell: `waits` to be begun, `runs`, is `gone` from the queue; null where it knows nothing of it. */
export type Scheduler = (cell: string) => 'waits' | 'runs' | 'gone' | null;

/** @throws ResultError when the folder is no run, or one of its results is damaged */
export function statusOf(folder: string, clock: Clock, scheduler: Scheduler = () => null): RunStatus {
  const run = readRun(folder);
  const isAtWork = runOwner(folder, clock) !== undefined;
  const about = (cell: string) => scheduler(cell) ?? (isAtWork ? 'waits' : null);
  const seen = run.ledger.map((row) => lookAt(run, row, clock, about));
  const cells = seen.map((one): CellStatus => ({ ...one.status, secondsLeft: secondsLeftOf(one, seen) }));
  const counts = Object.fromEntries(
    conditions.map((condition) => [condition, cells.filter((cell) => cell.condition === condition).length]),
  ) as Record<Condition, number>;
  const left = cells.filter(({ condition }) => !isFinished(condition)).map(({ secondsLeft }) => secondsLeft);
  const known = left.every((seconds) => seconds !== null);
  const total = left.reduce<number>((sum, seconds) => sum + (seconds ?? 0), 0);
  return {
    run: run.registration.name,
    cells,
    counts,
    secondsLeft: known ? total / Math.max(1, counts.running) : null,
    versions: [...cellsByVersion(run)].map(([version, those]) => ({ version, cells: those })),
  };
}

/** A table of the cells and a last line that counts them. */
export function statusText({ run, cells, counts, secondsLeft, versions }: RunStatus): string {
  const width = Math.max(...cells.map(({ cell }) => cell.length));
  const rows = cells.map(({ cell, condition, class: kind, note, step, steps, secondsLeft: left }) => {
    const parts = [
      kind === null ? condition : `${condition} (${kind})`,
      ...(step !== null && steps !== null && !isFinished(condition) ? [`step ${step} of ${steps}`] : []),
      ...(left !== null && !isFinished(condition) ? [`about ${formatDuration(left)} left`] : []),
      ...(note === '' ? [] : [note]),
    ];
    return `${cell.padEnd(width)}  ${parts.join(', ')}`;
  });
  const counted = conditions.filter((one) => counts[one] > 0).map((one) => `${counts[one]} ${one}`);
  const finished = cells.every(({ condition }) => isFinished(condition));
  const left = finished
    ? ''
    : `; ${secondsLeft === null ? 'time left unknown' : `about ${formatDuration(secondsLeft)} left`}`;
  const mixed =
    versions.length < 2
      ? []
      : [
          `Results of ${versions.length} versions of the code: ${versions.map((one) => `${one.version} (${one.cells.join(', ')})`).join('; ')}`,
        ];
  return [...rows, ...mixed, `${run}: of ${cells.length} cells ${counted.join(', ')}${left}`].join('\n');
}

/** Nothing is left to do, whatever it gave. */
function isFinished(condition: Condition): boolean {
  return condition === 'done' || condition === 'diverged';
}

interface Seen {
  readonly row: LedgerRow;
  readonly status: Omit<CellStatus, 'secondsLeft'>;
  /** Training seconds per step so far. */
  readonly secondsPerStep: number | null;
}

function lookAt({ folder }: Run, row: LedgerRow, clock: Clock, scheduler: Scheduler): Seen {
  const cellFolder = join(folder, row.cell);
  const plan = row.result?.plan ?? planOf(cellFolder);
  const last = lastTrainEvent(cellFolder);
  const steps = plan === null || plan.weights ? null : plan.asRun.steps;
  const ended = conditionOf(cellFolder, row, clock, scheduler(row.cell));
  const step = row.state === 'done' ? steps : (last?.step ?? (steps === null ? null : 0));
  return {
    row,
    status: { cell: row.cell, ...ended, step, steps },
    secondsPerStep: last && last.step > 0 ? last.trainSeconds / last.step : null,
  };
}

function conditionOf(
  folder: string,
  { state, result }: LedgerRow,
  clock: Clock,
  scheduled: ReturnType<Scheduler>,
): Pick<CellStatus, 'condition' | 'class' | 'note'> {
  // A process that was killed on another machine has left a lock that looks alive for a while.
  const owner = scheduled === 'gone' ? undefined : cellOwner(folder, clock);
  if (owner) {
    const { pid, host } = owner;
    const doing = readHeartbeat(folder)?.doing ?? '';
    const isItsOwn = doing !== '' && readHeartbeat(folder)?.pid === pid;
    return { condition: 'running', class: null, note: `process ${pid} on ${host}${isItsOwn ? `: ${doing}` : ''}` };
  }
  if (state === 'done') return { condition: 'done', class: null, note: '' };
  if (state === 'diverged') return { condition: 'diverged', class: null, note: result?.failure?.message ?? '' };
  const last = readAttempts(folder).at(-1);
  if (last) return endedAs(last, result?.failure?.message);
  if (result?.failure) return failed(result.failure.exitCode, result.failure.message);
  return { condition: scheduled === 'waits' || scheduled === 'runs' ? 'planned' : 'missing', class: null, note: '' };
}

function endedAs(last: AttemptEvent, recorded?: string): Pick<CellStatus, 'condition' | 'class' | 'note'> {
  switch (last.event) {
    case 'begin':
      return { condition: 'killed', class: null, note: `process ${last.pid} on ${last.host} is gone` };
    case 'killed':
      return { condition: 'killed', class: null, note: last.why };
    case 'end':
      if (startAgain(last.exitCode) === 'at once') return { condition: 'stopped', class: null, note: '' };
      return failed(last.exitCode, recorded ?? last.why ?? '');
  }
}

function failed(exitCode: number, note: string): Pick<CellStatus, 'condition' | 'class' | 'note'> {
  return { condition: 'failed', class: exitMeaning(exitCode), note };
}

/**
 * Steps that are left times seconds per step; scoring is not foreseen. For a cell that has not begun: what the finished cells of its recipe
 * took, else its steps at the pace of another cell of the recipe.
 */
function secondsLeftOf({ row, status: { condition, step, steps }, secondsPerStep }: Seen, all: readonly Seen[]) {
  if (isFinished(condition)) return 0;
  if (secondsPerStep !== null && step !== null && steps !== null) return (steps - step) * secondsPerStep;
  const others = all.filter((one) => one.row.recipeId === row.recipeId);
  const took = others.flatMap(({ row: { state, result } }) =>
    state === 'done' && result ? [result.time.programSeconds] : [],
  );
  if (took.length > 0) return mean(took);
  const paces = others.flatMap((one) => one.secondsPerStep ?? []);
  return paces.length > 0 && steps !== null ? steps * mean(paces) : null;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function planOf(folder: string): Plan | null {
  const path = join(folder, planFileName);
  return exists(path) ? readPlan(path) : null;
}

function lastTrainEvent(folder: string): Extract<TrainEvent, { event: 'train' }> | undefined {
  return readEvents<TrainEvent>(join(folder, eventsFileName)).findLast((one) => one.event === 'train');
}
