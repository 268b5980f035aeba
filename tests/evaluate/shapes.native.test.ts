/** @file fd-shapes and fd-encoder inside a run: the scorer against the distance itself, its reference, floor and identity. */
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../harness/core/clock.ts';
import { openShapes } from '../../harness/data/shapes.ts';
import { extractorWith } from '../../harness/evaluate/open.ts';
import { heldOut } from '../../harness/evaluate/real-images.ts';
import type { Scorer } from '../../harness/evaluate/scorer.ts';
import { openShapesExtractor, openShapesScorer } from '../../harness/evaluate/shapes.ts';
import { featuresOf } from '../../harness/metrics/features/extractor.ts';
import { memoryRows } from '../../harness/metrics/features/rows.ts';
import { ShapesFeatureExtractor, shapesFeatureCount } from '../../harness/metrics/features/shapes-classifier.ts';
import { momentsOf, type Moments } from '../../harness/metrics/linalg/moments.ts';
import { typescriptAlgebra } from '../../harness/metrics/linalg/typescript.ts';
import { frechetDistance } from '../../harness/metrics/values/frechet.ts';
import {
  encoderFeatures,
  openEncoderWeights,
  pooledEncoderFeatures,
  pooledEncoderWidth,
} from '../../harness/network/features/shapes-encoder/forward.ts';
import { silence } from '../../harness/system/progress.ts';
import * as shapes from '../../recipes/shapes.ts';
import { engineForTests } from '../engine/engine-fixture.ts';
import { planOf } from '../plan/fixtures.ts';

const source = openShapes();
/** Beyond the reference and the floor. */
const images = heldOut(source, 50_000, 300);
let scorer: Scorer;
beforeAll(async () => {
  const engine = await engineForTests();
  scorer = await openShapesScorer({
    plan: planOf({ recipe: shapes.ict }),
    engine,
    source,
    output: silence,
    clock: systemClock,
  });
});
afterAll(() => scorer.close());

describe('the scorer of shapes', () => {
  it('gives the distance to the first 10,000 held-out images, and the floor from those that follow', async () => {
    const extractor = await ShapesFeatureExtractor.open();
    const moments = (pixels: Uint8Array): Moments =>
      momentsOf(memoryRows(featuresOf(extractor, pixels, 16), shapesFeatureCount), typescriptAlgebra);
    const reference = moments(heldOut(source, 0, 10_000));
    const distance = (pixels: Uint8Array): number =>
      frechetDistance(moments(pixels), reference, typescriptAlgebra, 'clamp').value;
    expect((await scorer.score(images)).value).toBe(distance(images));
    expect(await scorer.floor(200)).toEqual({ value: distance(heldOut(source, 10_000, 200)), samples: 200 });
    extractor.close();
  });

  it('scores the samples in the features of the perceptual distance too, under a name and an identity of their own', async () => {
    const { scores } = await scorer.scoreFully(images);
    const encoder = await openShapesExtractor('shapes-encoder');
    const moments = (pixels: Uint8Array): Moments =>
      momentsOf(memoryRows(featuresOf(encoder, pixels, 16), pooledEncoderWidth), typescriptAlgebra);
    const reference = moments(heldOut(source, 0, 10_000));
    const { value } = frechetDistance(moments(images), reference, typescriptAlgebra, 'clamp');
    encoder.close();
    expect(scores.map(({ metric }) => metric)).toEqual(['fd-shapes', 'fd-encoder']);
    expect(scores[1]!.value).toBe(value);
    expect(scores[1]!.identity).toMatchObject({ extractor: 'shapes-encoder', reference: 'shapes held-out 0-9999' });
    expect(scores[1]!.identity.extractorSha256).not.toBe(scores[0].identity.extractorSha256);
  });

  it('is not helped by a process that has other weights', async () => {
    const named = { extractor: 'shapes-encoder', extractorSha256: '0'.repeat(64), outputs: [] };
    const request = { plan: planOf({ recipe: shapes.ict }), engine: await engineForTests(), output: silence };
    await expect(extractorWith({})(named, { ...request, clock: systemClock })).rejects.toThrow(
      /^shapes-encoder: got weights with sha256 [0-9a-f]{64}, expected sha256 0{64}, those of rank 0\. Give every rank/,
    );
  });

  it('averages every layer of the encoder over its places', async () => {
    const weights = await openEncoderWeights();
    const pixels = tf.tensor4d(
      Float32Array.from({ length: 2 * 768 }, (_, i) => Math.sin(i)),
      [2, 16, 16, 3],
    );
    const expected = encoderFeatures(weights, pixels).flatMap((layer) => {
      const values = layer.dataSync<'float32'>();
      const [, height, width, channels] = layer.shape as [number, number, number, number];
      return Array.from({ length: channels }, (_, c) => {
        let sum = 0;
        for (let place = 0; place < height * width; place++) sum += values[(height * width + place) * channels + c]!;
        return sum / (height * width);
      });
    });
    const row = [...pooledEncoderFeatures(weights, pixels).dataSync<'float32'>()].slice(pooledEncoderWidth);
    expect(row).toHaveLength(72);
    row.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 5));
  });

  it('tells the curve what its scores are measured with', async () => {
    const { metric, identity } = await scorer.score(images);
    expect(scorer.followed(300)).toEqual({ metric, identity });
    expect(identity).toMatchObject({ reference: 'shapes held-out 0-9999', referenceImages: 10_000, samples: 300 });
  });
});
