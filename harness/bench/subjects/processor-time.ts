/**
 * @file Measures the share of processor time that other processes took during a benchmark.
 *
 * So a benchmark need not assume an idle machine.
 */
import { readText } from '../../system/files/input-file.ts';

/** In the kernel's ticks since it began, all processors together. */
export interface ProcessorTime {
  readonly elapsed: number;
  /** Neither idle nor waiting for a disk; time that a host gave to other machines counts. */
  readonly busy: number;
  /** Of the processes of the benchmark and their ended children. */
  readonly own: number;
}

/** @param pids of the benchmark, all alive; null where the system has no /proc */
export function processorTime(pids: readonly number[]): ProcessorTime | null {
  try {
    const own = pids.reduce((sum, pid) => sum + processTicks(readText(`/proc/${pid}/stat`)), 0);
    return { ...systemTicks(readText('/proc/stat')), own };
  } catch {
    return null;
  }
}

/** The part of all processors that neither idled nor worked for the benchmark. */
export function foreignShare(before: ProcessorTime, after: ProcessorTime): number {
  const elapsed = after.elapsed - before.elapsed;
  const foreign = after.busy - before.busy - (after.own - before.own);
  // The kernel rounds each process to ticks on its own.
  return elapsed > 0 ? Math.min(1, Math.max(0, foreign / elapsed)) : 0;
}

/** The first line of /proc/stat: user, nice, system, idle, iowait, irq, softirq, steal; what guests took is in user already. */
export function systemTicks(text: string): { elapsed: number; busy: number } {
  const ticks = text.split('\n')[0]!.trim().split(/\s+/).slice(1, 9).map(Number);
  const elapsed = ticks.reduce((sum, value) => sum + value, 0);
  return { elapsed, busy: elapsed - ticks[3]! - ticks[4]! };
}

/** /proc/<pid>/stat: utime, stime, cutime and cstime, fields 14 to 17; the name in brackets may hold anything. */
export function processTicks(text: string): number {
  const afterName = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return afterName.slice(11, 15).reduce((sum, value) => sum + Number(value), 0);
}
