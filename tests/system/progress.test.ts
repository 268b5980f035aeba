/** @file Progress lines with time moved by hand: rate, time left, how often, what a resumed run counts. */
import { describe, expect, it, vi } from 'vitest';
import type { Clock } from '../../harness/core/clock.ts';
import { isPassingLine, outputTo, Progress, silence, type Output } from '../../harness/system/progress.ts';

class HandClock implements Clock {
  milliseconds = 0;
  now(): number {
    return this.milliseconds;
  }
  date(): Date {
    return new Date(0);
  }
}

function stage(isTerminal: boolean, options: { total?: number; done?: number; label?: string } = {}) {
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
  it('writes plain lines: one soon, then one per tenth of the work, ten seconds apart at least', () => {
    const { written, at } = stage(false, { total: 100 });
    at(1, 1);
    at(2, 2);
    at(3, 3);
    at(11.9, 12);
    at(12, 12);
    at(30, 21.9);
    at(31, 22);
    expect(written).toEqual([
      'train: 2 of 100 steps, 1 steps/s, 1 min 38 s left\n',
      'train: 12 of 100 steps, 1 steps/s, 1 min 28 s left\n',
      'train: 22 of 100 steps, 0.7 steps/s, 1 min 50 s left\n',
    ]);
  });

  it('writes a plain line per minute where a tenth takes longer, or the whole is unknown', () => {
    for (const total of [1_000_000, undefined]) {
      const { written, at } = stage(false, total === undefined ? {} : { total });
      for (let second = 0; second < 242; second++) at(second, second);
      expect(written.map((line) => /: (\d+)/.exec(line)![1])).toEqual(['2', '62', '122', '182']);
    }
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

  it('fits the terminal, whatever width it takes meanwhile, and 80 columns where it does not say', () => {
    const written: string[] = [];
    const clock = new HandClock();
    let columns: number | undefined = 40;
    const output: Output = {
      write: (text) => void written.push(text),
      isTerminal: true,
      get columns() {
        return columns;
      },
    };
    const progress = new Progress(output, clock, { label: 'shapes-ict seed 0', total: 640, unit: 'images' });
    const row = (width: number | undefined): string => {
      columns = width;
      clock.milliseconds += 1000;
      progress.update(16, 'step 1, loss 14.2, N 11, and more that nobody can read at once');
      return written.at(-1)!.replace('\r\u001b[2K', '');
    };
    expect(row(40)).toBe('shapes-ict seed 0: 16 of 640 images,...');
    expect(row(20)).toBe('shapes-ict seed ...');
    expect(row(5)).toBe('shap');
    expect(row(1)).toBe('');
    for (const silent of [0, undefined]) expect(row(silent)).toHaveLength(79);
    expect(row(400)).toMatch(/^shapes-ict seed 0: 16 of 640 images, .* left, step 1, .* at once$/);
    progress.finish('whole, since it stays: '.repeat(3));
    expect(written.at(-1)).toHaveLength('\r\u001b[2Kshapes-ict seed 0: 16 of 640 images in 7.0 s, \n'.length + 69);
  });

  it('is known by its lines while it goes on, and not by its last', () => {
    const { written, progress, at } = stage(false, { total: 1_000_000 });
    at(2, 20, 'loss 0.31');
    at(62, 600_000);
    progress.finish('as asked');
    expect(written).toHaveLength(3);
    expect(written.map((line) => isPassingLine(line.trimEnd()))).toEqual([true, true, false]);
    expect(isPassingLine('data: 5.00 KiB of 293 KiB, 2.00 KiB/s, 3 s left')).toBe(true);
    expect(isPassingLine('shapes-ict seed 0: fd-shapes with 1 step 3964.666 (real images 23.514)')).toBe(false);
  });

  it('is one row whatever is in its label', () => {
    const { written, progress } = stage(true, { label: 'a\nb' });
    progress.update(1);
    expect(written).toEqual(['\r\u001b[2Ka\\nb: 1 steps']);
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
    expect(written.at(-1)).toBe('\r\u001b[2Ktrain: 10 of 10 steps in 4.0 s, FID 12.3\n');
    const plain = stage(false);
    plain.progress.finish();
    expect(plain.written).toEqual(['train: 0 steps in 0.0 s\n']);
  });

  it('can be silent', () => {
    expect(() => silence.write('x')).not.toThrow();
    expect(silence.isTerminal).toBe(false);
  });
});

describe('an output', () => {
  it('on a terminal puts other text in the place of the row that stands there', () => {
    let written = '';
    const write = (text: string | Uint8Array): boolean => {
      written += String(text);
      return true;
    };
    const output = outputTo({ write, isTTY: true, columns: 30 });
    const progress = new Progress(output, new HandClock(), { label: 'samples', total: 2, unit: 'images' });
    progress.update(1);
    output.write('fd-shapes 3.1\n');
    output.write('fd-shapes 3.2\n');
    expect(written).toBe('\r\u001b[2Ksamples: 1 of 2 images\r\u001b[2Kfd-shapes 3.1\nfd-shapes 3.2\n');
    expect(output.columns).toBe(30);
  });

  it('is no terminal where lines cannot be rewritten', () => {
    const stream = { write: () => true, isTTY: true, columns: 80 };
    vi.stubEnv('TERM', 'dumb');
    expect(outputTo(stream).isTerminal).toBe(false);
    vi.stubEnv('TERM', 'xterm');
    expect(outputTo(stream).isTerminal).toBe(true);
    vi.unstubAllEnvs();
  });
});
