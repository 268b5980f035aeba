/** @file `npm run bench -- digests | checkpoint` as a person runs it, of the smallest network: shares from the durations that are kept. */
import { mkdtempSync, readFileSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';

const script = resolve(import.meta.dirname, '../../scripts/bench/bench.ts');

async function bench<T>(...args: string[]): Promise<T> {
  const command = ['--import', import.meta.resolve('tsx'), script, ...args, '--size', 'twin', '--device', 'cpu'];
  const { stdout } = await execa(process.execPath, [...command, '--rounds', '3', '--json']);
  return JSON.parse(stdout) as T;
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const middle = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[1]!;

describe('bench digests', () => {
  it('gives the share of a step from paired rounds and from the hashings of the plan', async () => {
    const out = mkdtempSync(join(tmpdir(), 'bench-digests-'));
    interface Row {
      readonly what: string;
      readonly share: number;
      readonly low: number;
      readonly high: number;
    }
    const { rounds, rows, hashings, planSteps, stepSeconds } = await bench<{
      rounds: { off: number; on: number; hashing: number }[];
      rows: Row[];
      hashings: number;
      planSteps: number;
      stepSeconds: number;
    }>('digests', '--steps', '1', '--out', out);
    expect(rounds).toHaveLength(3);
    // 1, 2, 4 ... 256: the twin writes a checkpoint every 500 steps.
    expect(hashings).toBe(9);
    expect(stepSeconds).toBe(middle(rounds.map(({ off }) => off)));
    const lines = mean(rounds.map(({ off, on }) => on - off)) / stepSeconds;
    const hashed = (mean(rounds.map(({ hashing }) => hashing)) * 9) / planSteps / stepSeconds;
    expect(rows.map(({ what }) => what)).toEqual(['losses and norms', 'hashes of tensors', 'together']);
    [lines, hashed, lines + hashed].forEach((share, i) => expect(rows[i]!.share).toBeCloseTo(share, 10));
    for (const { low, share, high } of rows) expect(low < share && share < high).toBe(true);
    const kept = JSON.parse(readFileSync(join(out, 'digests.json'), 'utf8')) as { command: string; rows: Row[] };
    expect(kept.rows).toEqual(rows);
    expect(kept.command).toMatch(/^npm run bench -- digests --steps 1/);
  });
});

describe('bench checkpoint', () => {
  it('gives what the loop waits for as a share of five minutes, and leaves no file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'bench-checkpoint-'));
    const { stateBytes, checkpoints, rows } = await bench<{
      stateBytes: number;
      checkpoints: { copy: number; write: number }[];
      rows: { what: string; median: number; least: number; share: number }[];
    }>('checkpoint', '--folder', folder);
    // 262,243 parameters, five tensors of float32.
    expect(stateBytes).toBe(262_243 * 5 * 4);
    expect(checkpoints).toHaveLength(3);
    const together = checkpoints.map(({ copy, write }) => copy + write);
    expect(rows[2]).toEqual({
      what: 'together',
      median: middle(together),
      least: Math.min(...together),
      share: middle(together) / 300,
    });
    expect(readdirSync(folder)).toEqual([]);
  });
});
