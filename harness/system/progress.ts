/** @file Progress for anything over a few seconds: rate and time left, one rewritten line on a terminal, plain lines elsewhere. */
import type { Clock } from '../core/clock.ts';
import { formatDuration, formatCount } from '../core/units.ts';

export interface Output {
  write(text: string): void;
  readonly isTerminal: boolean;
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

/** Milliseconds between two writes, on a terminal and elsewhere. */
const terminalEvery = 200;
const plainEvery = 10_000;

export class Progress {
  private readonly output: Output;
  private readonly clock: Clock;
  private readonly options: ProgressOptions;
  private readonly started: number;
  private readonly before: number;
  private done: number;
  private lastWrite: number;
  private note = '';

  constructor(output: Output, clock: Clock, options: ProgressOptions) {
    this.output = output;
    this.clock = clock;
    this.options = options;
    this.before = options.done ?? 0;
    this.done = this.before;
    this.started = clock.now();
    this.lastWrite = output.isTerminal ? -Infinity : this.started - plainEvery + 2_000;
  }

  /** Sets the amount done and, if given, a note such as `loss 0.31, N 41`. */
  update(done: number, note?: string): void {
    this.done = done;
    if (note !== undefined) this.note = note;
    const now = this.clock.now();
    if (now - this.lastWrite < (this.output.isTerminal ? terminalEvery : plainEvery)) return;
    this.lastWrite = now;
    this.write(this.line(now), false);
  }

  /** Units per second since this process began the work. */
  rate(): number {
    const seconds = (this.clock.now() - this.started) / 1000;
    return seconds > 0 ? (this.done - this.before) / seconds : 0;
  }

  finish(note = ''): void {
    const seconds = (this.clock.now() - this.started) / 1000;
    const format = this.options.format ?? formatCount;
    const tail = note ? `, ${note}` : '';
    this.write(`${this.options.label}: ${format(this.done)}${this.unit()} in ${formatDuration(seconds)}${tail}`, true);
  }

  private line(now: number): string {
    const { label, total } = this.options;
    const unit = this.unit();
    const format = this.options.format ?? formatCount;
    const rate = this.rate();
    const parts = [
      total === undefined ? `${format(this.done)}${unit}` : `${format(this.done)} of ${format(total)}${unit}`,
    ];
    if (rate > 0) parts.push(`${format(rate)}${unit}/s`);
    if (this.note) parts.push(this.note);
    if (total !== undefined && rate > 0 && now > this.started)
      parts.push(`${formatDuration((total - this.done) / rate)} left`);
    return `${label}: ${parts.join(', ')}`;
  }

  private unit(): string {
    return this.options.unit && ` ${this.options.unit}`;
  }

  private write(line: string, last: boolean): void {
    this.output.write(this.output.isTerminal ? `\r\u001b[2K${line}${last ? '\n' : ''}` : `${line}\n`);
  }
}

/** Standard error as a progress output: standard output stays free for results. */
export function standardError(): Output {
  return { write: (text) => void process.stderr.write(text), isTerminal: process.stderr.isTTY };
}

/** An output that shows nothing, for `--json` and tests. */
export const silence: Output = { write: () => undefined, isTerminal: false };
