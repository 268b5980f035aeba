/** @file The table of a benchmark of scoring: medians, minima, what is not counted and who was left out. */
import { expect, it } from 'vitest';
import { scoreLines, scoreSection } from '../../harness/report/tables/score-benchmark.ts';
import { scoreRows, type ScoreBenchmark } from '../../harness/results/benchmark/score-benchmark.ts';
import { benchmark as other } from '../bench/fixture.ts';

const run = {
  values: { frechet: 46.031, kid: 5.5, precision: 0.75, recall: 0.5 },
  residentBytes: 2 ** 30,
  startMilliseconds: 700,
};
const benchmark: ScoreBenchmark = {
  schema: 'consistency-harness/score-benchmark@1',
  images: 300,
  references: 100,
  side: 32,
  weights: 'random',
  device: 'cpu',
  threads: 2,
  batchImages: 64,
  kid: { subsets: 100, subsetSize: 100, seed: 2020 },
  bounds: { frechet: 1e-4 },
  comparedImages: 64,
  ownHalfPixel: null,
  foreignProcessorShare: 0.031,
  subjects: [
    {
      id: 'harness',
      name: 'this harness',
      own: true,
      version: 'TensorFlow 2.21.0',
      way: 'tensorflow',
      compared: {},
      runs: [
        { ...run, milliseconds: 30_000, parts: { load: 1000, network: 17_000, furtherMetrics: 10_000 } },
        {
          ...run,
          milliseconds: 48_000,
          parts: { load: 2000, network: 17_000, furtherMetrics: 8000 },
          residentBytes: 2 ** 31,
        },
      ],
    },
    {
      id: 'pytorch-fid',
      name: 'pytorch-fid',
      own: false,
      version: 'pytorch-fid 0.3.0, PyTorch 2.15.0',
      way: 'half-pixel',
      compared: {},
      runs: [{ ...run, milliseconds: 60_000, parts: { resize: 500 }, values: { frechet: 45.1 } }],
    },
  ],
  skipped: [{ name: 'clean-fid, clean', why: 'clean-fid is not installed' }],
  machine: other.machine,
  provenance: other.provenance,
};

it('counts the four values alone, and all images', () => {
  expect(scoreRows(benchmark)).toEqual([
    {
      name: 'this harness',
      seconds: 30,
      leastSeconds: 20,
      imagesPerSecond: 400 / 30,
      peakResidentBytes: 2 ** 31,
      parts: { load: 1.5, network: 17 },
      ratio: 1,
      interval: null,
      furtherSeconds: 9,
    },
    {
      name: 'pytorch-fid',
      seconds: 60,
      leastSeconds: 60,
      imagesPerSecond: 400 / 60,
      peakResidentBytes: 2 ** 30,
      parts: { resize: 0.5 },
      ratio: 2,
      interval: null,
      furtherSeconds: 0,
    },
  ]);
});

it('shows values apart by their way to 299 pixels, and calls none a FID', () => {
  const lines = scoreLines(benchmark).map((line) => line.replaceAll(/ {2,}/g, ' | '));
  expect(lines).toEqual([
    '300 images of 32 x 32 against 100, 2015 Inception network with random weights: no value is a FID; 2 threads',
    '',
    ' | time | least | ratio | images/s | peak | load, s | decode, s | resize, s | network, s | statistics, s',
    'this harness | 30 s | 20 s | 1.00 | 13.3 | 2.00 GiB | 1.50 | - | - | 17.0 | -',
    'pytorch-fid | 1 min 00 s | 1 min 00 s | 2.00 | 6.67 | 1.00 GiB | - | - | 0.500 | - | -',
    '',
    'bilinear as in TensorFlow 1, (x - 128) / 128 | frechet | kid | precision | recall',
    'this harness | 46.03100 | 5.500000 | 0.7500000 | 0.5000000',
    '',
    'bilinear with half-pixel centres, 2 x / 255 - 1 | frechet | kid | precision | recall',
    'pytorch-fid | 45.10000 | - | - | -',
    '',
    '2 rounds give no interval (16 do)',
    'this harness measures further metrics in 9.00 s more, which are not counted above',
    'this harness: TensorFlow 2.21.0',
    'pytorch-fid: pytorch-fid 0.3.0, PyTorch 2.15.0',
    'not measured: clean-fid, clean: clean-fid is not installed',
    'Other processes took 3.1 % of the processors during the rounds: measure again on an idle machine',
  ]);
});

it('names the graph whose weights were given', () => {
  expect(scoreLines({ ...benchmark, weights: 'graph.pb' })[0]).toContain('network with weights of graph.pb; 2 threads');
});

it('gives an interval from sixteen rounds on, and a section that says how it was measured', () => {
  const subjects = benchmark.subjects.map((subject, i) => ({
    ...subject,
    runs: Array.from({ length: 16 }, (_, round) => ({
      ...subject.runs[0]!,
      milliseconds: (i + 1) * 30_000 + 1000 * (round % 2),
      parts: {},
    })),
  }));
  const rounds = { ...benchmark, subjects };
  const { interval } = scoreRows(rounds)[1]!;
  expect(interval!.low).toBeGreaterThan(1.9);
  expect(interval!.high).toBeLessThan(2.1);
  const section = scoreSection(rounds, 'reports/bench/some');
  expect(section).toContain('### Speed of scoring: 300 images of 32 x 32 against 100');
  expect(section).toMatch(/- pytorch-fid takes 1\.9\d to (2\.0\d|1\.9\d) x the time \(95 %\)\./);
  expect(section).toContain('[score.json](reports/bench/some/score.json)');
  expect(section).toContain('| pytorch-fid | 45.10000 | - | - | - |');
});
