/**
 * @file Shows progress with rate and time left: one rewritten line on a terminal, else plain lines.
 *
 * It is for work of more than a few seconds.
 */
import type { Clock } from '../core/clock.ts';
import { oneLine } from '../core/errors.ts';
import { formatDuration, formatCount } from '../core/units.ts';
import { cutToColumns } from './columns.ts';

export interface Output {
  write(text: string): void;
  readonly isTerminal: boolean;
  /** Width of the terminal now; absent or 0 where it does not say. */
  readonly columns?: number | undefined;
}

export interface ProgressOptions {
  readonly label: string;
  /** Work in `unit`s; absent when unknown. */
  readonly total?: number;
  /** Empty where `format` writes the unit itself. */
  readonly unit: string;
  /** Work that was done before this process began (a resumed run): it does not count for the rate. */
  readonly done?: number;
  /** How an amount is written; counts by default. */
  readonly format?: (amount: number) => string;
}

/** Milliseconds between two writes on a terminal. */
const terminalEvery = 200;
/** Elsewhere every line stays: the next comes with this share of the work, though not before the first time, or else after the second. */
const plainShare = 0.1;
const plainSoonest = 10_000;
const plainEvery = 60_000;
/** When the first line comes: as soon as there is a rate that means something. */
const plainFirst = 2_000;
/** Where a terminal does not say how wide it is. */
const usualColumns = 80;

export class Progress {
  private readonly output: Output;
  private readonly clock: Clock;
  private readonly options: ProgressOptions;
  private readonly started: number;
  private readonly before: number;
  private done: number;
  private lastWrite: number;
  /** What was done at the last line; undefined before the first. */
  private written: number | undefined;
  private note = '';

  constructor(output: Output, clock: Clock, options: ProgressOptions) {
    this.output = output;
    this.clock = clock;
    this.options = options;
    this.before = options.done ?? 0;
    this.done = this.before;
    this.started = clock.now();
    this.lastWrite = output.isTerminal ? -Infinity : this.started;
  }

  /** Sets the amount done and, if given, a note such as `loss 0.31, N 41`. */
  update(done: number, note?: string): void {
    this.done = done;
    if (note !== undefined) this.note = note;
    const now = this.clock.now();
    if (!this.isDue(now - this.lastWrite)) return;
    this.lastWrite = now;
    this.written = done;
    showLine(this.output, this.line(now), false);
  }

  /** Units per second since this process began the work. */
  rate(): number {
    const seconds = (this.clock.now() - this.started) / 1000;
    return seconds > 0 ? (this.done - this.before) / seconds : 0;
  }

  finish(note = ''): void {
    const seconds = (this.clock.now() - this.started) / 1000;
    const tail = note ? `, ${note}` : '';
    showLine(this.output, `${this.options.label}: ${this.amount()} in ${formatDuration(seconds)}${tail}`, true);
  }

  private isDue(sinceLast: number): boolean {
    if (this.output.isTerminal) return sinceLast >= terminalEvery;
    if (this.written === undefined) return sinceLast >= plainFirst;
    const { total } = this.options;
    const hasGrown = total !== undefined && this.done - this.written >= plainShare * total;
    return sinceLast >= (hasGrown ? plainSoonest : plainEvery);
  }

  /** What matters most comes first: a narrow terminal shows the beginning. */
  private line(now: number): string {
    const { label, total, format = formatCount } = this.options;
    const rate = this.rate();
    const parts = [this.amount()];
    if (rate > 0) parts.push(`${format(rate)}${this.unit()}/s`);
    if (total !== undefined && rate > 0 && now > this.started)
      parts.push(`${formatDuration((total - this.done) / rate)} left`);
    if (this.note) parts.push(this.note);
    return `${label}: ${parts.join(', ')}`;
  }

  /** `16 of 640 images` */
  private amount(): string {
    const { total, format = formatCount } = this.options;
    const of = total === undefined ? '' : ` of ${format(total)}`;
    return `${format(this.done)}${of}${this.unit()}`;
  }

  private unit(): string {
    return this.options.unit && ` ${this.options.unit}`;
  }
}

/** Whether a line in the log of another process is a progress that is still going on: where a row shows it, the line would only stay. */
export function isPassingLine(line: string): boolean {
  return /: \S+( \S+)? of .+\/s, .+ left(, |$)/.test(line);
}

const toLineStart = '\r\u001b[2K';

/**
 * Shows how far work has come: on a terminal in one row, which the next line replaces and which is cut to the width there is; elsewhere in a
 * line of its own.
 * @param last it stays, whole
 */
export function showLine(output: Output, text: string, last: boolean): void {
  const line = oneLine(text);
  const { columns = 0 } = output;
  if (!output.isTerminal) output.write(`${line}\n`);
  else if (last) output.write(`${toLineStart}${line}\n`);
  // In the last column some terminals go on to the next row at once.
  else output.write(toLineStart + cutToColumns(line, (columns > 0 ? columns : usualColumns) - 1));
}

/** The line that a text shows, where `showLine` made it for a terminal, and whether it stays. */
export function rowIn(text: string): { readonly text: string; readonly stays: boolean } | undefined {
  if (!text.startsWith(toLineStart)) return undefined;
  const stays = text.endsWith('\n');
  return { text: text.slice(toLineStart.length, stays ? -1 : undefined), stays };
}

/** A stream as a progress output. Where a row stands on a terminal, other text takes its place. */
export function outputTo(stream: Pick<NodeJS.WriteStream, 'write' | 'isTTY' | 'columns'>): Output {
  let rowIsOpen = false;
  return {
    write: (text) => {
      const isRow = text.startsWith(toLineStart);
      stream.write(rowIsOpen && !isRow ? toLineStart + text : text);
      rowIsOpen = isRow && !text.endsWith('\n');
    },
    get isTerminal() {
      return stream.isTTY && process.env.TERM !== 'dumb';
    },
    get columns() {
      return stream.columns;
    },
  };
}

const ofThisProcess = outputTo(process.stderr);

/** Standard error as a progress output: standard output stays free for results. */
export function standardError(): Output {
  return ofThisProcess;
}

/** An output that shows nothing, for `--json` and tests. */
export const silence: Output = { write: () => undefined, isTerminal: false };
