/**
 * @file Runs cells as child processes on this machine, as many at once as there are places.
 *
 * Each has a log of its own.
 */
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Clock } from '../../core/clock.ts';
import { CheckpointedExit, exitCodes, exitMeaning } from '../../core/errors.ts';
import { formatDuration } from '../../core/units.ts';
import type { LockOwner } from '../../system/lock.ts';
import { startLogged, type LoggedEnd } from '../../system/process/logged-process.ts';
import { isPassingLine, showLine, type Output } from '../../system/progress.ts';
import { readAttempts, recordKill } from '../cell/attempts.ts';
import { cellOwner } from '../cell/cell-lock.ts';
import { watchAttempt } from '../cell/ended-cell.ts';
import { readHeartbeat } from '../cell/heartbeat.ts';
import { cellLogName } from './cell-script.ts';
import { commandOfCell, startAgain, usualRetries, type CellEnd, type CellProcess } from './contract.ts';

/** Where one cell at a time runs: the variables that give it its device. */
export interface Place {
  readonly environment: NodeJS.ProcessEnv;
}

export interface LocalOptions {
  readonly places: readonly [Place, ...Place[]];
  /** Registers what must happen when this process is asked to stop; the signal is passed on to every cell's process group. */
  readonly onSignal: (forward: (signal: NodeJS.Signals) => void) => () => void;
  /** Root of the checkout. */
  readonly checkout: string;
  readonly clock: Clock;
  readonly output: Output;
  /** Times that a cell is started again after a passing failure. */
  readonly retries?: number;
  /** Without a sign of life for so long a cell is ended. */
  readonly wedgedAfterMs?: number;
  /** Before the first, the second ... further attempt; the last one again and again. */
  readonly pausesMs?: readonly [first: number, ...further: number[]];
  /** Between two looks at logs and signs of life. */
  readonly pollMs?: number;
}

/** The first step of a large network on a slow device is compiled and run without a sign of life. */
const usualWedgedAfterMs = 3_600_000;

/**
 * Runs the cells, in order. A cell that fails does not keep the others from running; a request to stop does. One that ends by a passing
 * failure or shows no sign of life is started again a few times, after longer and longer pauses, and goes on from its checkpoint.
 * A cell that a process of another run's works on is waited for.
 * @throws CheckpointedExit when a stop was asked for, once the cells that run have stopped
 */
export async function runCellsLocally(cells: readonly CellProcess[], options: LocalOptions): Promise<CellEnd[]> {
  return new LocalRun(cells, options).run();
}

const usualPausesMs = [10_000, 60_000, 300_000] as const;

interface Waiting {
  readonly cell: CellProcess;
  readonly attempt: number;
  /** Clock reading before which it is not started. */
  readonly notBefore: number;
}

class LocalRun {
  private readonly options: LocalOptions;
  private readonly cells: readonly CellProcess[];
  private readonly ends = new Map<CellProcess, CellEnd>();
  private readonly running = new Map<CellProcess, (signal: NodeJS.Signals) => void>();
  private readonly followed = new Map<CellProcess, string>();
  private waiting: Waiting[];
  /** Nothing is started any more: for this reason. */
  private stopped: { readonly reason: unknown } | undefined;
  private readonly stopping = new AbortController();

  constructor(cells: readonly CellProcess[], options: LocalOptions) {
    this.cells = cells;
    this.options = options;
    this.waiting = cells.map((cell) => ({ cell, attempt: 1, notBefore: -Infinity }));
  }

  async run(): Promise<CellEnd[]> {
    const release = this.options.onSignal((signal) => {
      for (const send of this.running.values()) send(signal);
      this.stop(new CheckpointedExit('stopped as asked'));
    });
    const row = this.options.output.isTerminal ? setInterval(() => this.showRow(), 500) : undefined;
    try {
      await Promise.all(this.options.places.map((place) => this.work(place)));
    } finally {
      clearInterval(row);
      // Any text takes the place of the row, also none.
      if (row) this.options.output.write('');
      release();
    }
    if (this.stopped && this.ends.size < this.cells.length) throw this.stopped.reason;
    return this.cells.map((cell) => this.ends.get(cell)!);
  }

  /** Runs one cell after the other in one place until none is left. */
  private async work(place: Place): Promise<void> {
    while (!this.stopped && this.waiting.length > 0) {
      const now = this.options.clock.now();
      const next = this.waiting.find(({ notBefore }) => notBefore <= now);
      if (next) {
        this.waiting = this.waiting.filter((one) => one !== next);
        await this.attempt(next, place).catch((thrown: unknown) => this.stop(thrown));
      } else {
        const soonest = Math.min(...this.waiting.map(({ notBefore }) => notBefore));
        const { signal } = this.stopping;
        await pause(Math.max(1, soonest - now), undefined, { signal }).catch(() => undefined);
      }
    }
  }

  private async attempt({ cell, attempt }: Waiting, place: Place): Promise<void> {
    const { checkout, output } = this.options;
    const command = commandOfCell(cell);
    const recordEnd = watchAttempt({ folder: cell.folder, root: checkout, command, output });
    const { exitCode, why } = await this.runOnce(cell, place);
    const again = startAgain(exitCode);
    const other = exitCode === exitCodes.transient ? cellOwner(cell.folder, this.options.clock) : undefined;
    if (!other) recordEnd({ exitCode, message: why ?? wordsOf(cell, exitCode) });
    if (other) this.follow(cell, attempt, other);
    else if (again === 'at once') {
      this.stop(new CheckpointedExit(`${cell.name} stopped as asked`));
    } else if (again === 'after a pause' && attempt <= (this.options.retries ?? usualRetries) && !this.stopped) {
      this.startAgain(cell, attempt, why ?? exitMeaning(exitCode));
    } else {
      if (why !== undefined) this.say(`${cell.name}: ${why}`);
      this.ends.set(cell, { name: cell.name, exitCode });
    }
  }

  /** A process that another one started, perhaps killed since, has the cell: it is waited for. */
  private follow(cell: CellProcess, attempt: number, { pid, host, since }: LockOwner): void {
    const text = `${cell.name}: process ${pid} on ${host} has been at work on it since ${since}; waiting for it`;
    if (this.followed.get(cell) !== text) this.say(text);
    this.followed.set(cell, text);
    const [wait] = this.options.pausesMs ?? usualPausesMs;
    this.waiting.push({ cell, attempt, notBefore: this.options.clock.now() + wait });
  }

  private startAgain(cell: CellProcess, attempt: number, why: string): void {
    const { clock, retries = usualRetries, pausesMs = usualPausesMs } = this.options;
    const wait = pausesMs[Math.min(attempt, pausesMs.length) - 1]!;
    this.say(
      `${cell.name}: ${why}; started again in ${formatDuration(wait / 1000)} (further attempt ${attempt} of ${retries})`,
    );
    this.waiting.push({ cell, attempt: attempt + 1, notBefore: clock.now() + wait });
  }

  /** @returns `why` where the process could not say itself how it ended */
  private async runOnce(cell: CellProcess, { environment }: Place): Promise<{ exitCode: number; why?: string }> {
    const { clock, output, pollMs = 200, wedgedAfterMs = usualWedgedAfterMs } = this.options;
    const log = join(cell.folder, cellLogName);
    const tag = this.options.places.length > 1 ? `[${cell.name}] ` : '';
    const onLine = (line: string): void => {
      if (!(output.isTerminal && isPassingLine(line))) output.write(`${tag}${line}\n`);
    };
    const child = startLogged(cell.command, { log, environment, onLine, pollMs });
    this.running.set(cell, child.send);
    const life = new LifeWatch(cell.folder, clock);
    const watching = setInterval(() => {
      if (life.silentMs() > wedgedAfterMs) child.send('SIGKILL');
    }, pollMs);
    try {
      const end = await child.ended;
      const why = whyKilled(end, life.silentMs() > wedgedAfterMs ? wedgedAfterMs : null);
      if (!why) return { exitCode: end.exitCode! };
      recordKill(cell.folder, clock, why.by, why.text);
      return { exitCode: why.by === 'wedged' ? exitCodes.transient : exitCodes.failed, why: why.text };
    } finally {
      clearInterval(watching);
      this.running.delete(cell);
    }
  }

  private stop(reason: unknown): void {
    this.stopped ??= { reason };
    this.stopping.abort();
  }

  private say(text: string): void {
    this.options.output.write(`${text}\n`);
  }

  /** What runs and how far it has come, in one row of a terminal. */
  private showRow(): void {
    const doing = [...this.running.keys()].map(({ folder }) => readHeartbeat(folder)?.doing ?? '');
    const shown = doing.filter((text) => text !== '');
    if (shown.length > 0) showLine(this.options.output, shown.join(' | '), false);
  }
}

/** How long a cell has shown no sign of life, by our own clock. */
class LifeWatch {
  private readonly folder: string;
  private readonly clock: Clock;
  private sign = '';
  private since: number;

  constructor(folder: string, clock: Clock) {
    this.folder = folder;
    this.clock = clock;
    this.since = clock.now();
  }

  silentMs(): number {
    const beat = readHeartbeat(this.folder);
    const sign = beat ? `${beat.pid} ${beat.beats}` : '';
    if (sign !== this.sign) this.since = this.clock.now();
    this.sign = sign;
    return this.clock.now() - this.since;
  }
}

/** What a process said that ended by itself, else what its exit code means and where the rest stands. */
function wordsOf({ folder }: CellProcess, exitCode: number): string {
  const last = readAttempts(folder).at(-1);
  const said = last?.event === 'end' && last.exitCode === exitCode ? last.why : null;
  return said ?? `${exitMeaning(exitCode)} (exit code ${exitCode}): see ${cellLogName}`;
}

/** Why a process ended that was killed; undefined for one that ended by itself. */
function whyKilled({ signal }: LoggedEnd, wedgedAfterMs: number | null) {
  if (signal === null) return undefined;
  if (wedgedAfterMs !== null) {
    const text = `no sign of life for ${formatDuration(wedgedAfterMs / 1000)}: ended`;
    return { by: 'wedged', text } as const;
  }
  const memory = signal === 'SIGKILL' ? ' (the system kills so when memory runs out)' : '';
  return { by: 'signal', text: `killed by ${signal}${memory}` } as const;
}
