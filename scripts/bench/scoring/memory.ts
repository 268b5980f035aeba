/**
 * @file Command `npm run bench -- memory`: measures the peak memory of scoring for several set sizes.
 *
 * Each size has a process of its own.
 */
import { ownProcess } from '../../../harness/cli/own-process.ts';
import { randomBytes } from 'node:crypto';
import * as tf from '@tensorflow/tfjs-core';
import { Command } from 'commander';
import { execa } from 'execa';
import { systemClock } from '../../../harness/core/clock.ts';
import { Progress, standardError } from '../../../harness/system/progress.ts';
import { peakResidentBytes } from '../../../harness/system/process/resident-memory.ts';
import { formatBytes } from '../../../harness/core/units.ts';
import { openEngine } from '../../../harness/engine/open.ts';
import { freeingAll } from '../../../harness/engine/scope.ts';
import type { FeatureExtractor } from '../../../harness/metrics/features/extractor.ts';
import { collectFeatures } from '../../../harness/metrics/features/set.ts';
import type { ScoredImages } from '../../../harness/metrics/features/images.ts';
import { torchFidelityKid } from '../../../harness/metrics/values/kid.ts';
import { engineAlgebra } from '../../../harness/metrics/linalg/engine.ts';
import { measure } from '../../../harness/metrics/measurement.ts';
import { familiesOf } from '../../../harness/score/metric.ts';
import { positive } from '../../../harness/cli/numbers.ts';

interface Options {
  readonly images: number[];
  readonly threads: number;
  readonly json?: true;
}

interface PeakMemory {
  readonly images: number;
  /** Highest resident memory up to the end of collecting features. */
  readonly collectedBytes: number;
  /** Highest resident memory up to the last metric. */
  readonly scoredBytes: number;
}

/** Widths of the 2015 Inception network; images of a size that costs nothing. */
const widths = { pool: 2048, logits: 1008 } as const;
const side = 8;
/** As many as the reference batches of OpenAI hold. */
const referenceImages = 10_000;

export function memoryBench(): Command {
  return new Command('memory')
    .description('peak memory of scoring sets of several sizes: every metric, with features as wide as Inception’s')
    .option('--images <numbers>', 'images per set, separated by commas', sizes, [1000, 10_000, 50_000])
    .option('--threads <number>', 'threads', positive, 2)
    .option('--json', 'print one JSON document')
    .action(async (options: Options) => {
      const { images, threads } = options;
      const peaks = images.length === 1 ? [await score(images[0]!, threads)] : await eachInItsProcess(images, threads);
      console.log(options.json ? JSON.stringify(peaks, null, 2) : table(peaks));
    });
}

async function eachInItsProcess(images: readonly number[], threads: number): Promise<PeakMemory[]> {
  const peaks: PeakMemory[] = [];
  for (const size of images) {
    const options = ['memory', '--json', '--images', String(size), '--threads', String(threads)];
    const [program, ...args] = ownProcess('bench/bench');
    const { stdout } = await execa(program, [...args, ...options], { stderr: 'inherit' });
    peaks.push(...(JSON.parse(stdout) as PeakMemory[]));
  }
  return peaks;
}

async function score(images: number, threads: number): Promise<PeakMemory> {
  const output = standardError();
  await openEngine({ device: 'cpu', threads, output });
  const extractor = projection();
  const collect = async (label: string, count: number) => {
    const progress = new Progress(output, systemClock, { label, total: count, unit: 'images' });
    const set = await collectFeatures(noiseImages(label, count), extractor, {
      algebra: engineAlgebra,
      keepRows: true,
      onImages: (done) => progress.update(done),
    });
    progress.finish();
    return set;
  };
  const reference = await collect('reference images', referenceImages);
  const set = await collect('images', images);
  const collectedBytes = peakResidentBytes();
  const { warnings } = measure(
    set,
    {
      id: reference.name,
      sha256: reference.imagesSha256,
      count: reference.count,
      pool: reference.pool(),
      spatial: null,
      rows: reference.rows && { id: reference.name, sha256: reference.imagesSha256, features: reference.rows },
    },
    familiesOf('inception'),
    {
      algebra: engineAlgebra,
      device: 'cpu',
      // A set of fewer images than features is among those to be measured.
      whenSingular: 'clamp',
      kid: torchFidelityKid,
      seed: 0,
    },
  );
  for (const each of warnings)
    if (each.kind === 'metric-missing' && each.metric !== 'sfid') output.write(`${each.metric}: ${each.why}\n`);
  set.close();
  reference.close();
  extractor.close();
  return { images, collectedBytes, scoredBytes: peakResidentBytes() };
}

/** Random pixels, made as they are asked for. */
function noiseImages(name: string, count: number): ScoredImages {
  const imageBytes = side * side * 3;
  return {
    name,
    count,
    height: side,
    width: side,
    remarks: [],
    // eslint-disable-next-line @typescript-eslint/require-await -- an interface of sources that have something to wait for
    async *batches(batchImages) {
      for (let at = 0; at < count; at += batchImages) yield randomBytes(Math.min(batchImages, count - at) * imageBytes);
    },
  };
}

/** A random layer in place of Inception: rows as wide, at next to no cost. */
function projection(): FeatureExtractor {
  const inputs = side * side * 3;
  const kernels = [widths.pool, widths.logits].map((columns, i) =>
    tf.randomNormal([inputs, columns], 0, 0.1, 'float32', i),
  );
  return {
    identity: { extractor: 'random-projection', extractorSha256: '', resize: 'none', dtype: 'float32' },
    widths,
    batchImages: 500,
    imagesAtOnce: 500,
    outputs: ['logits'],
    extract(pixels) {
      const scaled = Float32Array.from(pixels, (value) => value / 127.5 - 1);
      return freeingAll(() => {
        const rows = tf.tensor2d(scaled, [pixels.length / inputs, inputs]);
        const features = kernels.map((kernel) => tf.relu(tf.matMul(rows, kernel as tf.Tensor2D)));
        const [pool, logits] = features.map((each) => each.dataSync<'float32'>()) as [Float32Array, Float32Array];
        return { pool, logits };
      });
    },
    close: () => tf.dispose(kernels),
  };
}

function table(peaks: readonly PeakMemory[]): string {
  const rows = peaks.map(({ images, collectedBytes, scoredBytes }) =>
    [String(images), formatBytes(collectedBytes), formatBytes(scoredBytes)].map((cell) => cell.padStart(18)).join(''),
  );
  return [['images', 'features', 'all metrics'].map((cell) => cell.padStart(18)).join(''), ...rows].join('\n');
}

function sizes(text: string): number[] {
  return text.split(',').map(positive);
}
