/** @file A benchmark with round numbers: 16 images of 1 GFLOP each. */
import type { Benchmark, BenchmarkSubject } from '../../harness/results/benchmark/benchmark.ts';

const subject: BenchmarkSubject = {
  name: 'compiled float32',
  own: true,
  version: 'TensorFlow 2.21.0',
  note: null,
  images: 16,
  flopPerImage: 1e9,
  firstCallMilliseconds: 1500,
  rounds: [[100, 300], [150], [160, 140]],
  handlesPerIteration: 6,
  peakResidentBytes: 2 ** 30,
  peakDeviceBytes: null,
  check: { loss: 0.5 },
};

export const benchmark: Benchmark = {
  schema: 'consistency-harness/benchmark@1',
  what: 'step',
  size: 'small',
  parameters: 7_081_987,
  device: 'cpu',
  threads: 2,
  convolutionFlopsPerSecond: [2.5e11, 1e11, 2e11],
  foreignProcessorShare: 0.25,
  subjects: [
    subject,
    {
      ...subject,
      name: '=JAX, jit',
      own: false,
      version: 'JAX 0.10.2',
      note: 'contiguous',
      rounds: [[300], [299], [600], [301]],
      handlesPerIteration: null,
      peakResidentBytes: 2 ** 31,
    },
  ],
  skipped: [{ name: 'compiled bfloat16', why: 'no bf16 instructions here' }],
  machine: {
    cpuModel: 'Test CPU',
    cores: 2,
    memoryBytes: 8 * 2 ** 30,
    gpu: null,
    os: 'Linux',
    node: '20.20.2',
    tensorflow: '2.21.0',
    tfjs: '4.22.0',
    threads: { intraOp: 2, interOp: 2 },
    fingerprint: '0'.repeat(64),
  },
  provenance: {
    commit: 'a'.repeat(40),
    dirty: false,
    harnessVersion: '0.1.0',
    commands: [{ purpose: 'measure again', line: 'npm run bench -- step --peers' }],
  },
};
