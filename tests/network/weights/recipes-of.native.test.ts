/** @file A flax checkpoint of the authors' own library and network: imported, it gives their outputs. */
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { importWeights } from '../../../harness/network/weights/recipes-of.ts';
import { noDropout } from '../../../harness/network/dropout.ts';
import { buildNetwork } from '../../../harness/network/network.ts';
import { flatShape, parameterLayout, unflatten } from '../../../harness/network/flat.ts';
import { loadWeights, readWeights } from '../../../harness/network/weights/read.ts';
import { weightsParts } from '../../../harness/recipe/weights-part.ts';
import type { NcsnppNetwork, Recipe } from '../../../harness/recipe/types.ts';
import * as cifar10 from '../../../recipes/cifar10.ts';
import { engineForTests } from '../../engine/engine-fixture.ts';

/** Both sides compute in float32; the outputs are of order one. */
const tolerance = 2e-5;

const folder = join(import.meta.dirname, '../../fixtures/checkpoints');
const checkpoint = join(folder, 'checkpoint_74');
const reference = JSON.parse(readFileSync(join(folder, 'checkpoint_74.json'), 'utf8')) as {
  x: number[];
  noise: number[];
  outputs: Record<string, number[]>;
};

const network: NcsnppNetwork = {
  kind: 'ncsnpp',
  resolution: 8,
  baseChannels: 4,
  channelMultipliers: [1, 2],
  blocksPerLevel: 1,
  attentionResolutions: [4],
};
const recipe: Recipe = { ...cifar10.ct, id: 'narrow', network };
const built = buildNetwork(recipe);
const layout = parameterLayout(built.parameters);

beforeAll(async () => {
  await engineForTests();
});

function outputOf(flat: Float32Array): Float32Array {
  return tf.tidy(() => {
    const parameters = unflatten(layout, tf.tensor2d(flat, flatShape(layout)));
    const F = built.network(parameters, noDropout, null);
    return F(tf.tensor4d(reference.x, [2, 8, 8, 3]), tf.tensor1d(reference.noise)).dataSync<'float32'>();
  });
}

test.each(weightsParts)("gives the outputs of the authors' network: %s", (part) => {
  const output = outputOf(loadWeights(checkpoint, recipe, layout, part));
  const largest = Math.max(...reference.outputs[part]!.map(Math.abs));
  const worst = output.reduce((error, value, i) => Math.max(error, Math.abs(value - reference.outputs[part]![i]!)), 0);
  expect(output.length).toBe(reference.outputs[part]!.length);
  expect(worst).toBeLessThan(tolerance * largest);
});

test('gives the same outputs after it was turned into safetensors', () => {
  const out = join(mkdtempSync(join(tmpdir(), 'import-')), 'weights.safetensors');
  importWeights(readWeights(checkpoint), [recipe], out, {});
  expect(outputOf(loadWeights(out, recipe, layout))).toEqual(outputOf(loadWeights(checkpoint, recipe, layout)));
});
