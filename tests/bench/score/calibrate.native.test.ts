/** @file A calibrated network: every normalisation has the moments of the images that it was calibrated with. */
import * as tf from '@tensorflow/tfjs-core';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { calibrateFile } from '../../../harness/bench/score/calibrate.ts';
import { randomInception } from '../../../harness/bench/score/random-inception.ts';
import { writeTextures } from '../../../harness/bench/score/textures.ts';
import { openImages } from '../../../harness/metrics/features/images.ts';
import { loadGraph } from '../../../harness/metrics/features/inception/frozen-graph.ts';
import { encodeGraphDef, parseGraphDef } from '../../../harness/metrics/features/inception/graph-def.ts';
import { readGraph } from '../../../harness/metrics/features/inception/weights.ts';
import { engineForTests } from '../../engine/engine-fixture.ts';

beforeAll(async () => {
  await engineForTests();
});

it('leaves each channel with the mean and the deviation that its normalisation adds', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'calibrate-'));
  const [path, images] = [join(folder, 'graph.pb'), join(folder, 'images')];
  const [side, count] = [24, 4];
  writeFileSync(path, encodeGraphDef(randomInception(0, 16)));
  writeTextures({ folder: images, set: 'images', seed: 0, count, side });
  const drawn = parseGraphDef('drawn', (await readGraph(path)).bytes);
  await calibrateFile(path, images);
  const calibrated = parseGraphDef('calibrated', (await readGraph(path)).bytes);
  // Kernels and what a normalisation adds stay as they were drawn.
  for (const name of ['conv/conv2d_params', 'mixed_10/conv/batchnorm/beta', 'mixed_10/conv/batchnorm/gamma'])
    expect(calibrated.nodes.get(name)!.constant).toEqual(drawn.nodes.get(name)!.constant);

  const batches = (await openImages(images)).batches(count)[Symbol.asyncIterator]();
  const pixels = Float32Array.from((await batches.next()).value as Uint8Array);
  const graph = loadGraph(calibrated, 'calibrated');
  for (const layer of ['conv', 'conv_3', 'mixed_4/tower/conv_2', 'mixed_10/conv']) {
    const [normal] = graph.evaluate({ ExpandDims: tf.tensor4d(pixels, [count, side, side, 3]) }, [
      `${layer}/batchnorm`,
    ]);
    const { mean, variance } = tf.moments(normal!, [0, 1, 2]);
    const constant = (what: string) =>
      [...calibrated.nodes.get(`${layer}/batchnorm/${what}`)!.constant!.values] as number[];
    const [beta, gamma, own] = [constant('beta'), constant('gamma'), constant('moving_variance')];
    // Sums of up to 90,000 float32 numbers; uncalibrated, means are off by tenths.
    mean.dataSync<'float32'>().forEach((value, c) => expect(value, layer).toBeCloseTo(beta[c]!, 2));
    variance.dataSync<'float32'>().forEach((value, c) => {
      expect(value, layer).toBeCloseTo((gamma[c]! ** 2 * own[c]!) / (own[c]! + 0.001), 2);
    });
  }
  graph.dispose();
});
