/** @file Processor time of the benchmark and of others, from what the kernel says. */
import { describe, expect, it } from 'vitest';
import {
  foreignShare,
  processTicks,
  processorTime,
  systemTicks,
} from '../../../harness/bench/subjects/processor-time.ts';

describe('processor time', () => {
  it('is read from the kernel: stolen time is busy, waiting for a disk is not, guests are not counted twice', () => {
    const text = 'cpu  100 20 30 1000 50 1 2 7 90 9\ncpu0 1 2 3 4 5 6 7 8 9 10\n';
    expect(systemTicks(text)).toEqual({ elapsed: 1210, busy: 160 });
  });

  it('of a process is its own and that of its ended children, whatever its name', () => {
    const fields = ['S', ...Array.from({ length: 10 }, () => '9'), '100', '20', '3', '4', '20', '0'];
    expect(processTicks(`4711 (node (a) 1 2) ${fields.join(' ')}\n`)).toBe(127);
  });

  it('of others is what is neither idle nor own', () => {
    const before = { elapsed: 1000, busy: 500, own: 100 };
    expect(foreignShare(before, { elapsed: 1200, busy: 650, own: 240 })).toBe(0.05);
    expect(foreignShare(before, { elapsed: 1200, busy: 600, own: 203 })).toBe(0);
    expect(foreignShare(before, before)).toBe(0);
  });

  it('of this very process grows while it works', () => {
    const before = processorTime([process.pid])!;
    const end = process.hrtime.bigint() + 200_000_000n;
    let spun = 0;
    while (process.hrtime.bigint() < end) spun++;
    const after = processorTime([process.pid])!;
    expect(spun).toBeGreaterThan(0);
    expect(after.own - before.own).toBeGreaterThan(0);
    expect(after.busy - before.busy).toBeGreaterThan(0);
  });

  it('is not known of a process that is gone', () => {
    expect(processorTime([2 ** 22 + 1])).toBeNull();
  });
});
