/**
 * @file Kind `inception-graph`: the 2015 Inception network with synthetic weights.
 *
 * Its outputs are compared for whole batches and node by node.
 */
import { readInput } from '../../../system/files/input-file.ts';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { decodeJpeg } from '../../../formats/jpeg.ts';
import { loadGraph } from '../../../metrics/features/inception/frozen-graph.ts';
import { parseGraphDef } from '../../../metrics/features/inception/graph-def.ts';
import { Inception2015 } from '../../../metrics/features/inception/inception-2015.ts';
import { tensorOf, type ConformanceCase } from '../../case.ts';
import type { Produced, ProducedValue } from '../../judge/judge-values.ts';
import type { MetricKind } from '../kind.ts';

export const kind: MetricKind = { needsEngine: true, produce: measure };

interface Images {
  /** The part of the names in the pack: `32`, `48x40`. */
  readonly suffix: string;
  readonly pixels: Uint8Array;
  readonly count: number;
  readonly height: number;
  readonly width: number;
}

async function measure(reference: ConformanceCase): Promise<Produced> {
  const file = join(reference.folder, typeof reference.config.graph === 'string' ? reference.config.graph : 'graph.pb');
  const bytes = readInput(file, 'a frozen graph');
  // Refuses a graph that is another one, whatever images the case has.
  new Inception2015(file, bytes, { batchImages: 1, outputs: [] }).close();
  const values: Record<string, ProducedValue> = {};
  for (const images of imagesOf(reference)) {
    Object.assign(values, extracted(file, bytes, images), inspected(file, bytes, images));
  }
  Object.assign(values, await fromJpeg(file, bytes));
  return { values };
}

function imagesOf(reference: ConformanceCase): Images[] {
  const names = [...reference.tensors.keys()].filter((name) => name.startsWith('images_'));
  return names.map((name) => {
    const { shape, bytes } = tensorOf(reference, name);
    const [count, height, width] = shape as [number, number, number];
    return { suffix: name.slice('images_'.length), pixels: bytes, count, height, width };
  });
}

/** What the extractor gives: its passes are of two images, so that the last one is filled up. */
function extracted(file: string, bytes: Uint8Array, images: Images): Record<string, ProducedValue> {
  const { suffix, pixels, count, height, width } = images;
  const extractor = new Inception2015(file, bytes, { batchImages: 2, outputs: ['logits', 'spatial'] });
  try {
    const pool: number[] = [];
    const logits: number[] = [];
    const spatial: number[] = [];
    const imageBytes = height * width * 3;
    for (let first = 0; first < count; first += 2) {
      const batch = extractor.extract(pixels.slice(first * imageBytes, (first + 2) * imageBytes), height, width);
      pool.push(...batch.pool);
      logits.push(...batch.logits!);
      spatial.push(...batch.spatial!);
    }
    const { pool: features, logits: classes, spatial: positions } = extractor.widths;
    return {
      [`pool_3_${suffix}`]: { shape: [count, features], values: pool },
      [`softmax_without_bias_${suffix}`]: { shape: [count, classes], values: softmaxRows(logits, classes) },
      [`spatial7_mean_${suffix}`]: { shape: [count, 7], values: channelMeans(spatial, count, 7) },
      [`spatial7_${suffix}_first_two`]: {
        shape: [Math.min(2, count), positions],
        values: spatial.slice(0, 2 * positions),
      },
    };
  } finally {
    extractor.close();
  }
}

/** What other nodes of the same graph give. */
function inspected(file: string, bytes: Uint8Array, { suffix, pixels, count, height, width }: Images) {
  const graph = loadGraph(parseGraphDef(file, bytes), file);
  try {
    return scoped((): Record<string, ProducedValue> => {
      const images = tf.tensor4d(Float32Array.from(pixels), [count, height, width, 3]);
      const [softmax, join10, resized] = graph.evaluate({ ExpandDims: images }, [
        'softmax',
        'mixed_10/join',
        'ResizeBilinear',
      ]);
      const channels = join10!.shape[3]!;
      return {
        [`softmax_${suffix}`]: { shape: softmax!.shape, values: softmax!.dataSync() },
        [`mixed_10_join_mean_${suffix}`]: {
          shape: [count, channels],
          values: channelMeans(join10!.dataSync(), count, channels),
        },
        [`resize_bilinear_${suffix}_first_image_every_13th`]: everyThirteenth(resized as tf.Tensor4D),
      };
    });
  } finally {
    graph.dispose();
  }
}

/** The graph's own JPEG, which it decodes when nothing is fed. */
async function fromJpeg(file: string, bytes: Uint8Array): Promise<Record<string, ProducedValue>> {
  const parsed = parseGraphDef(file, bytes);
  const contents = parsed.nodes.get('DecodeJpeg/contents')?.constant?.values;
  if (!(contents instanceof Uint8Array)) return {};
  const { data, height, width } = await decodeJpeg(`${file}, embedded JPEG`, contents);
  const graph = loadGraph(parsed, file);
  try {
    return scoped((): Record<string, ProducedValue> => {
      const image = tf.tensor4d(Float32Array.from(data), [1, height, width, 3]);
      const [pool, softmax] = graph.evaluate({ ExpandDims: image }, ['pool_3/_reshape', 'softmax']);
      return {
        decoded_jpeg: { shape: [height, width, 3], values: data },
        pool_3_jpeg_default: { shape: pool!.shape, values: pool!.dataSync() },
        softmax_jpeg_default: { shape: softmax!.shape, values: softmax!.dataSync() },
      };
    });
  } finally {
    graph.dispose();
  }
}

/** Frees the tensors that were made inside. */
function scoped<T>(f: () => T): T {
  tf.engine().startScope('inception-graph');
  try {
    return f();
  } finally {
    tf.engine().endScope();
  }
}

function everyThirteenth(resized: tf.Tensor4D): ProducedValue {
  const picked = tf.stridedSlice(resized, [0, 0, 0, 0], [1, resized.shape[1], resized.shape[2], 3], [1, 13, 13, 1]);
  return { shape: picked.shape.slice(1), values: picked.dataSync() };
}

function channelMeans(values: ArrayLike<number>, count: number, channels: number): Float64Array {
  const means = new Float64Array(count * channels);
  const positions = values.length / (count * channels);
  for (let i = 0; i < values.length; i++) {
    const image = Math.floor(i / (positions * channels));
    means[image * channels + (i % channels)]! += values[i]! / positions;
  }
  return means;
}

function softmaxRows(logits: readonly number[], classes: number): Float64Array {
  const out = new Float64Array(logits.length);
  for (let first = 0; first < logits.length; first += classes) {
    const row = logits.slice(first, first + classes);
    const largest = Math.max(...row);
    const powers = row.map((logit) => Math.exp(logit - largest));
    const sum = powers.reduce((all, power) => all + power, 0);
    out.set(
      powers.map((power) => power / sum),
      first,
    );
  }
  return out;
}
