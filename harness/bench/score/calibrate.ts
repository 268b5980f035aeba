/** @file Sets the moments of a network's normalisations to those of images, as training would have. */
import * as tf from '@tensorflow/tfjs-core';
import { freeingAll } from '../../engine/ops.ts';
import { openImages } from '../../metrics/features/images.ts';
import { loadGraph } from '../../metrics/features/inception/frozen-graph.ts';
import { encodeGraphDef, parseGraphDef, type FrozenGraph } from '../../metrics/features/inception/graph-def.ts';
import { readGraph } from '../../metrics/features/inception/weights.ts';
import { writeFileAtomically } from '../../system/files/atomic-file.ts';

/** Images whose moments are taken: with all positions of each, enough for a deviation. */
const mostImages = 16;

/** Replaces the graph in a file. @param folder images, of which the first count */
export async function calibrateFile(path: string, folder: string): Promise<void> {
  const { where, bytes } = await readGraph(path);
  const source = await openImages(folder);
  for await (const pixels of source.batches(mostImages)) {
    const graph = calibrated(parseGraphDef(where, bytes), Float32Array.from(pixels), source.height);
    writeFileAtomically(path, encodeGraphDef(graph));
    return;
  }
}

/**
 * Without it many random features are zero for every image, and the rest are nearly alike: covariances have no full rank, and kernels lose their digits.
 * @param graph its nodes in the order in which they are computed
 * @param pixels float32[count, side, side, 3]
 */
function calibrated(graph: FrozenGraph, pixels: Float32Array, side: number): FrozenGraph {
  const nodes = new Map(graph.nodes);
  const loaded = loadGraph(graph, 'random graph');
  freeingAll(() => {
    const fed: Record<string, tf.Tensor> = {
      ExpandDims: tf.tensor4d(pixels, [pixels.length / (3 * side * side), side, side, 3]),
    };
    for (const { name, op, inputs } of graph.nodes.values()) {
      if (op !== 'BatchNormWithGlobalNormalization') continue;
      const [convolution, ...names] = inputs as [string, string, string];
      const [convolved] = loaded.evaluate(fed, [convolution]);
      const { mean, variance } = tf.moments(convolved!, [0, 1, 2]);
      for (const [i, values] of [mean, variance].entries()) {
        const constant = { shape: values.shape, values: values.dataSync<'float32'>().slice() };
        nodes.set(names[i]!, { ...nodes.get(names[i]!)!, constant });
        fed[names[i]!] = values;
      }
      // Computed once: later layers begin here.
      const layer = name.replace(/\/batchnorm$/, '');
      fed[layer] = loaded.evaluate(fed, [layer])[0]!;
    }
  });
  loaded.dispose();
  return { nodes, producer: graph.producer };
}
