/** @file From raw durations to medians, rates and ratios; the table, its CSV and its section of RESULTS.md; refusal of files that are none. */
import { mkdtempSync, mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import {
  benchmarkColumns,
  benchmarkCsv,
  benchmarkLines,
  benchmarkSection,
} from '../../harness/report/tables/benchmark.ts';
import { committedBenchmarks, resultsPage } from '../../harness/report/committed.ts';
import { blockEnd, blockStart } from '../../harness/report/tables/markdown.ts';
import { benchmarkRows, readBenchmark, type Benchmark } from '../../harness/results/benchmark/benchmark.ts';
import { median, ratioInterval } from '../../harness/results/benchmark/rounds.ts';
import { papers } from '../../recipes/papers/index.ts';
import { benchmark } from './fixture.ts';

describe('the median', () => {
  it('is the middle value, whatever the order, or the mean of the two in the middle', () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([4, 1, 100, 2])).toBe(3);
    expect(median([7])).toBe(7);
  });
});

describe('a row', () => {
  it('is the median of the means of the rounds, and everything that follows from it', () => {
    // Round means 200, 150, 150; 300, 299, 600, 301.
    const [own, peer] = benchmarkRows(benchmark);
    expect(own).toEqual({
      name: 'compiled float32',
      milliseconds: 150,
      fastest: 150,
      slowest: 200,
      imagesPerSecond: 16 / 0.15,
      flopsPerSecond: (16 / 0.15) * 1e9,
      shareOfPeak: ((16 / 0.15) * 1e9) / 2e11,
      ratio: 1,
      ratioOfFastest: 1,
      interval: null,
      first: null,
    });
    expect(peer).toMatchObject({ milliseconds: 300.5, fastest: 299, slowest: 600, ratio: 300.5 / 150 });
    expect(peer).toMatchObject({ ratioOfFastest: 299 / 150, interval: null, first: null });
  });

  it('has no rate of work where the work is not counted', () => {
    const [subject] = benchmark.subjects;
    const [row] = benchmarkRows({ ...benchmark, subjects: [{ ...subject!, flopPerImage: null }] });
    expect(row).toMatchObject({ flopsPerSecond: null, shareOfPeak: null });
  });
});

/** A benchmark of two subjects with 16 rounds: 100 ms, and `factor` times as much, each with its own ripple of a tenth of `spread`. */
function paired(factor: number, spread: number): Benchmark {
  const ripple = (round: number, phase: number): number => 1 + spread * Math.sin(7 * round + phase);
  const rounds = (base: number, phase: number) =>
    Array.from({ length: 16 }, (_, round) => [base * ripple(round, phase)]);
  const [own, peer] = benchmark.subjects;
  return {
    ...benchmark,
    subjects: [
      { ...own!, rounds: rounds(100, 0) },
      { ...peer!, name: 'peer', rounds: rounds(100 * factor, 2), compiledEarlier: true },
    ],
  };
}

describe('the interval of a ratio', () => {
  const steady = Array.from({ length: 16 }, () => 100);

  it('is the ratio itself where every round has it, however the machine drifts', () => {
    const drifting = steady.map((value, round) => value * (1 + round));
    const interval = ratioInterval(
      drifting.map((value) => 2 * value),
      drifting,
    );
    expect(interval).toEqual({ low: 2, high: 2 });
  });

  it('is that of medians of rounds drawn with replacement, both values together', () => {
    // Seven of 16 rounds take twice as long: the median of a draw is 1 where at most seven are slow, 1.5 at eight, else 2.
    const slow = steady.map((value, round) => (round < 7 ? 2 * value : value));
    expect(ratioInterval(slow, steady)).toEqual({ low: 1, high: 2 });
    // One slow round of 16 is in the middle of a draw with a probability of 1e-7.
    const one = steady.map((value, round) => (round === 3 ? 2 * value : value));
    expect(ratioInterval(one, steady)).toEqual({ low: 1, high: 1 });
  });

  it('is not formed of fewer than 16 rounds, or of rounds that are no pairs', () => {
    expect(ratioInterval(steady.slice(1), steady.slice(1))).toBeNull();
    expect(ratioInterval(steady, [...steady, 100])).toBeNull();
  });

  it.each<[string, number, number, string]>([
    ['ahead', 1.2, 0.02, ': ahead.'],
    ['behind', 0.8, 0.02, ': behind.'],
    ['undecided', 1.01, 0.2, ': neither ahead nor behind, since the interval holds 1.'],
  ])('says %s', (first, factor, spread, text) => {
    const measured = paired(factor, spread);
    const [, peer] = benchmarkRows(measured);
    expect(peer!.first).toBe(first);
    const line = benchmarkLines(measured).find((one) => one.startsWith('compiled float32 takes'))!;
    expect(line).toContain(text);
    const { low, high } = peer!.interval!;
    expect(line).toContain(`(95 % interval ${(1 / high).toFixed(3)} to ${(1 / low).toFixed(3)}, fastest rounds `);
    expect(benchmarkLines(measured)).toContain(
      'The first call of peer is of an earlier benchmark on this machine, whose compilation was kept.',
    );
    const [, record] = parse<Record<string, string>>(benchmarkCsv(measured), { columns: true, from: 16 });
    expect(record).toMatchObject({ ratioLow: String(low), ratioHigh: String(high), compiledEarlier: 'true' });
  });
});

describe('the CSV', () => {
  const records = parse<Record<string, string>>(benchmarkCsv(benchmark), { columns: true });

  it('keeps every duration in the order in which it was taken', () => {
    expect(records.map(({ round, iteration, milliseconds }) => [round, iteration, milliseconds].map(Number))).toEqual([
      [1, 1, 100],
      [1, 2, 300],
      [2, 1, 150],
      [3, 1, 160],
      [3, 2, 140],
      [1, 1, 300],
      [2, 1, 299],
      [3, 1, 600],
      [4, 1, 301],
    ]);
  });

  it('says what was measured where, and leaves empty what does not apply', () => {
    expect(Object.keys(records[0]!)).toEqual([...benchmarkColumns]);
    expect(records[0]).toMatchObject({
      what: 'step',
      size: 'small',
      medianMilliseconds: '150',
      dirty: 'false',
      note: '',
    });
    expect(records[5]).toMatchObject({ version: 'JAX 0.10.2', note: 'contiguous', handlesPerIteration: '' });
  });

  it('disarms what a spreadsheet would take for a formula', () => {
    expect(records[5]!.subject).toBe("'=JAX, jit");
  });
});

describe('the table for a person', () => {
  it('has one line per subject, the ratios in words, and what was not measured', () => {
    expect(benchmarkLines(benchmark).map((line) => line.trimEnd())).toEqual([
      'step small, 7.08 M parameters, 16 images; Test CPU, 2 threads; 3 rounds, convolution peak 200.0 GFLOP/s',
      '',
      '                           ms    min    max  images/s  GFLOP/s  of peak  first call    memory  handles  ratio',
      'compiled float32        150.0  150.0  200.0     106.7    106.7     53 %       1.5 s  1.00 GiB     6.00  1.000',
      '=JAX, jit (contiguous)  300.5  299.0  600.0     53.24    53.24     27 %       1.5 s  2.00 GiB        \u2013  2.003',
      '',
      'compiled float32 takes 0.499 x the time (fastest rounds 0.502) and 0.50 x the memory of =JAX, jit.',
      '3 rounds give no interval (16 do): neither ahead nor behind.',
      'Other processes took 25.0 % of the processors during the rounds: measure again on an idle machine.',
      'Not measured: compiled bfloat16: no bf16 instructions here.',
    ]);
  });
});

describe('a committed benchmark', () => {
  const root = mkdtempSync(join(tmpdir(), 'bench-committed-'));
  const folder = join(root, 'reports', 'bench', 'step-small');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'benchmark.json'), JSON.stringify(benchmark));
  writeFileSync(join(root, 'RESULTS.md'), `# Results\n\n${blockStart}\n\n${blockEnd}\n`);

  it('is shown in RESULTS.md and has its table, from the JSON alone', () => {
    const committed = committedBenchmarks(root);
    expect(committed.map(({ tables }) => tables)).toEqual([
      [{ path: join(folder, 'benchmark.csv'), text: benchmarkCsv(benchmark) }],
    ]);
    const { text } = resultsPage(root, [], papers, committed);
    expect(text).toContain(`\n\n${benchmarkSection(benchmark, 'reports/bench/step-small')}\n\n${blockEnd}`);
    expect(text).toContain('| compiled float32 | 150.0 | 150.0 | 200.0 | 106.7 | 106.7 | 53 % |');
    expect(text).toContain('[benchmark.csv](reports/bench/step-small/benchmark.csv)');
  });

  it.each<[string, string, string]>([
    ['no JSON', '{', 'text that is not JSON'],
    ['of another schema', '{"schema": "other"}', 'schema: Invalid input: expected "consistency-harness/benchmark@1"'],
    [
      'with a duration that is none',
      JSON.stringify({ ...benchmark, subjects: [{ ...benchmark.subjects[0], rounds: [[0]] }] }),
      'subjects.0.rounds.0.0: Too small: expected number to be >0',
    ],
  ])('that is %s is refused in one line', (_, text, got) => {
    const path = join(mkdtempSync(join(tmpdir(), 'bench-bad-')), 'benchmark.json');
    writeFileSync(path, text);
    expect(() => readBenchmark(path)).toThrow(
      `${path}: got ${got}, expected a benchmark as \`npm run bench\` writes it. Measure again with \`npm run bench -- ... --out <folder>\`.`,
    );
  });
});
