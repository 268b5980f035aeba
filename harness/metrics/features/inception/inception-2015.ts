/**
 * @file 2015 Inception network as published by TensorFlow.
 *
 * It gives features for FID, logits for Inception Score, and spatial features for sFID.
 */
import * as tf from '@tensorflow/tfjs-core';
import { DataError, described } from '../../../core/errors.ts';
import { sha256 } from '../../../core/hash.ts';
import { compile } from '../../../engine/compile/compile.ts';
import { freeingAll } from '../../../engine/ops.ts';
import type { ExtractedBatch, ExtractorOutput, FeatureExtractor } from '../extractor.ts';
import type { ExtractorIdentity } from '../../../score/identity.ts';
import { computedOperations, loadGraph, type LoadedGraph } from './frozen-graph.ts';
import { parseGraphDef, type FrozenGraph } from './graph-def.ts';

/** Features and classes of the published file; other widths are for tests. */
export const publishedWidths = { features: 2048, classes: 1008 } as const;

/** Where a batch of images enters: float32[B, h, w, 3] in 0 ... 255. */
const entry = 'ExpandDims';

/** The nodes whose absence shows that a graph is another one: stem, all blocks, head. */
const landmarks: readonly string[] = [
  entry,
  'ResizeBilinear',
  ...['', '_1', '_2', '_3', '_4'].map((suffix) => `conv${suffix}`),
  'pool',
  'pool_1',
  ...Array.from({ length: 11 }, (_, k) => (k === 0 ? 'mixed/join' : `mixed_${k}/join`)),
  'mixed_6/conv',
  'pool_3',
  'softmax/weights',
  'softmax/biases',
  'softmax',
];

/** Operations of the published graph; the first three make an image of a JPEG and are not run. */
const operations: ReadonlySet<string> = new Set(['DecodeJpeg', 'Cast', 'ExpandDims', 'Const', ...computedOperations]);

/**
 * Fewest images of a pass. On the CPU, passes of two images and more give the same bits in features and positions; a single image takes
 * other convolution kernels and differs in the seventh digit. Logits differ by the blocking of their product, in the seventh digit too.
 */
const fewestImages = 2;

/** Channels of `mixed_6/conv` that sFID looks at. Source: openai/guided-diffusion `evaluations/evaluator.py`. */
const spatialChannels = 7;

export interface InceptionOptions {
  /** Images per pass; the last pass is filled up, so that one function serves all. */
  readonly batchImages: number;
  /** Which outputs are computed besides the features. */
  readonly outputs: readonly ExtractorOutput[];
}

/**
 * Runs the graph as one compiled function of a batch.
 *
 * - `pool`: `pool_3`, float32[B, 2048];
 * - `logits`: `pool_3` times `softmax/weights`, without the bias, as both Inception Score tools take them, float32[B, 1008];
 * - `spatial`: the first seven channels of `mixed_6/conv`, float32[B, 17 * 17 * 7].
 *
 * Source: Szegedy et al. 2015 (arXiv:1512.00567); TensorFlow's `classify_image_graph_def.pb` of 2015-12-05.
 */
export class Inception2015 implements FeatureExtractor {
  readonly identity: ExtractorIdentity;
  readonly widths: { readonly pool: number; readonly logits: number; readonly spatial: number };
  readonly batchImages: number;
  readonly imagesAtOnce: number;
  readonly outputs: readonly ExtractorOutput[];
  /** The version of the TensorFlow that wrote the graph. */
  readonly producer: number | null;
  private readonly graph: LoadedGraph;
  private readonly run;

  /**
   * @param where the file, for errors
   * @param bytes of the frozen graph
   * @throws DataError when the bytes are no graph, or nodes of the 2015 graph are missing (they are named)
   */
  constructor(where: string, bytes: Uint8Array, options: InceptionOptions) {
    const graph = parseGraphDef(where, bytes);
    const { features, classes } = checkLandmarks(where, graph);
    this.producer = graph.producer;
    this.identity = {
      extractor: features === publishedWidths.features ? 'inception-2015' : `inception-2015-width-${features}`,
      extractorSha256: sha256(bytes),
      resize: 'legacy-bilinear-299',
      dtype: 'float32',
    };
    this.widths = { pool: features, logits: classes, spatial: 17 * 17 * spatialChannels };
    this.batchImages = options.batchImages;
    this.imagesAtOnce = options.batchImages;
    this.outputs = options.outputs;
    this.graph = loadGraph(graph, where);
    this.run = compile((images: tf.Tensor) => this.forward(images), { name: 'inception_2015' });
  }

  /** @param pixels uint8[count, height, width, 3] with at most `batchImages` images */
  extract(pixels: Uint8Array, height: number, width: number): ExtractedBatch {
    const imageBytes = height * width * 3;
    const count = pixels.length / imageBytes;
    const passImages = Math.max(fewestImages, this.batchImages);
    const filled = new Float32Array(passImages * imageBytes);
    filled.set(pixels);
    return freeingAll(() => {
      const images = tf.tensor4d(filled, [passImages, height, width, 3]);
      const outputs = this.run(images);
      const read = (output: tf.Tensor | undefined, columns: number): Float32Array =>
        (output!.dataSync() as Float32Array).slice(0, count * columns);
      return {
        pool: read(outputs.pool, this.widths.pool),
        ...(outputs.logits ? { logits: read(outputs.logits, this.widths.logits) } : {}),
        ...(outputs.spatial ? { spatial: read(outputs.spatial, this.widths.spatial) } : {}),
      };
    });
  }

  close(): void {
    this.run.dispose();
    this.graph.dispose();
  }

  private forward(images: tf.Tensor): Record<string, tf.Tensor> {
    const wanted = ['pool_3', 'softmax/weights', ...(this.outputs.includes('spatial') ? ['mixed_6/conv'] : [])];
    const [pooled, weights, positions] = this.graph.evaluate({ [entry]: images }, wanted);
    const pool = tf.reshape(pooled!, [-1, this.widths.pool]);
    return {
      pool,
      ...(this.outputs.includes('logits') ? { logits: tf.matMul(pool, weights as tf.Tensor2D) } : {}),
      ...(positions ? { spatial: spatialFeatures(positions as tf.Tensor4D) } : {}),
    };
  }
}

/** float32[B, 17 * 17 * 7] in the order height, width, channel. */
function spatialFeatures(positions: tf.Tensor4D): tf.Tensor {
  const [, height, width] = positions.shape;
  return tf.reshape(tf.slice(positions, [0, 0, 0, 0], [-1, -1, -1, spatialChannels]), [
    -1,
    height * width * spatialChannels,
  ]);
}

function checkLandmarks(where: string, graph: FrozenGraph): { features: number; classes: number } {
  const missing = landmarks.filter((name) => !graph.nodes.has(name));
  if (missing.length > 0) {
    const shown = missing.slice(0, 8).join(', ');
    throw new DataError({
      where,
      got: described(
        `a graph of ${graph.nodes.size} nodes without ${shown}${missing.length > 8 ? ` and ${missing.length - 8} more` : ''}`,
      ),
      expected: 'the 2015 Inception graph',
      remedy: 'Use classify_image_graph_def.pb of inception-2015-12-05.tgz',
    });
  }
  const stranger = [...graph.nodes.values()].find(({ op }) => !operations.has(op));
  if (stranger) {
    throw new DataError({
      where,
      got: described(`an operation ${stranger.op} ("${stranger.name}")`),
      expected: 'the operations of the 2015 Inception graph',
      remedy: 'Use classify_image_graph_def.pb of inception-2015-12-05.tgz',
    });
  }
  const weights = graph.nodes.get('softmax/weights')!.constant;
  const [features, classes] = weights?.shape ?? [];
  if (weights?.shape.length !== 2 || !features || !classes) {
    throw new DataError({
      where,
      got: described(`softmax/weights of shape [${weights?.shape.join(', ') ?? ''}]`),
      expected: 'features by classes',
      remedy: 'Use classify_image_graph_def.pb of inception-2015-12-05.tgz',
    });
  }
  return { features, classes };
}
