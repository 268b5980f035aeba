/** @file Times the Inception features, of the published graph where it is at hand, else untrained. */
import * as tf from '@tensorflow/tfjs-core';
import { compile } from '../../engine/compile/compile.ts';
import { freeingAll } from '../../engine/ops.ts';
import { loadGraph } from '../../metrics/features/inception/frozen-graph.ts';
import { parseGraphDef } from '../../metrics/features/inception/graph-def.ts';
import { readGraph } from '../../metrics/features/inception/weights.ts';
import { untrainedInception } from './untrained-inception.ts';

export interface InceptionJob {
  /** The published graph; null: an untrained one takes its place. */
  readonly graph: string | null;
  /** Images of a pass. */
  readonly images: number;
}

/** Side of the images of CIFAR-10; all are enlarged to 299 pixels. */
const side = 32;

/** @param secondsOf median of a few calls, after one that compiles */
export async function inceptionSpeed(
  { graph: path, images }: InceptionJob,
  secondsOf: (call: () => void) => number,
): Promise<number> {
  const source = path === null ? undefined : await readGraph(path);
  const where = source?.where ?? 'untrained graph';
  const graph = loadGraph(source ? parseGraphDef(where, source.bytes) : untrainedInception(), where);
  const features = compile((batch: tf.Tensor) => graph.evaluate({ ExpandDims: batch }, ['pool_3'])[0]!, {
    name: 'check_inception',
  });
  const pixels = Float32Array.from({ length: images * side ** 2 * 3 }, (_, i) => (i * 151) % 256);
  const seconds = secondsOf(() =>
    freeingAll(() => void features(tf.tensor4d(pixels, [images, side, side, 3])).dataSync()),
  );
  features.dispose();
  graph.dispose();
  return images / seconds;
}
