/** @file Progress lines with time moved by hand: rate, time left, how often, what a resumed run counts. */
import { describe, expect, it } from 'vitest';
import type { Clock } from '../../harness/core/clock.ts';
import { Progress, silence, type Output } from '../../harness/system/progress.ts';

class HandClock implements Clock {
  milliseconds = 0;
  now(): number {
    return this.milliseconds;
  }
  date(): Date {
    return new Date(0);
  }
}

function stage(isTerminal: boolean, options: { total?: number; done?: number } = {}) {
  const clock = new HandClock();
  const written: string[] = [];
  const output: Output = { write: (text) => void written.push(text), isTerminal };
  const progress = new Progress(output, clock, { label: 'train', unit: 'steps', ...options });
  const at = (seconds: number, done: number, note?: string) => {
    clock.milliseconds = seconds * 1000;
    progress.update(done, note);
  };
  return { clock, written, progress, at };
}

describe('Progress', () => {
  it('writes plain lines: one soon, then every ten seconds', () => {
    const { written, at } = stage(false, { total: 100 });
    at(1, 1);
    at(2, 2);
    at(3, 3);
    at(11.9, 11);
    at(12, 12);
    expect(written).toEqual([
      'train: 2 of 100 steps, 1 steps/s, 1 min 38 s left\n',
      'train: 12 of 100 steps, 1 steps/s, 1 min 28 s left\n',
    ]);
  });

  it('rewrites one line on a terminal, five times a second at most', () => {
    const { written, at } = stage(true, { total: 10 });
    at(0, 0);
    at(0.1, 1);
    at(0.2, 2);
    expect(written).toEqual([
      '\r\u001b[2Ktrain: 0 of 10 steps',
      '\r\u001b[2Ktrain: 2 of 10 steps, 10 steps/s, 0.8 s left',
    ]);
  });

  it('carries a note until the next one', () => {
    const { written, at } = stage(true);
    at(1, 5, 'loss 0.31, N 41');
    at(2, 10);
    expect(written[1]).toBe('\r\u001b[2Ktrain: 10 steps, 5 steps/s, loss 0.31, N 41');
  });

  it('does not count the work of an earlier process for the rate', () => {
    const { progress, at } = stage(true, { total: 100, done: 50 });
    at(10, 60);
    expect(progress.rate()).toBe(1);
  });

  it('has no rate before time has passed', () => {
    expect(stage(true).progress.rate()).toBe(0);
  });

  it('ends with the amount and the time, on a terminal with a new line', () => {
    const { written, progress, at } = stage(true, { total: 10 });
    at(4, 10);
    progress.finish('FID 12.3');
    expect(written.at(-1)).toBe('\r\u001b[2Ktrain: 10 steps in 4.0 s, FID 12.3\n');
    const plain = stage(false);
    plain.progress.finish();
    expect(plain.written).toEqual(['train: 0 steps in 0.0 s\n']);
  });

  it('can be silent', () => {
    expect(() => silence.write('x')).not.toThrow();
    expect(silence.isTerminal).toBe(false);
  });
});
