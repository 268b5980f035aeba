/** @file Which recipe a file of weights is of: the one that it names, else those whose network and Fourier scale it has. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HostRandom } from '../../../harness/core/random.ts';
import { float32Tensor, readSafetensors, writeSafetensors } from '../../../harness/formats/safetensors.ts';
import { parameterLayout } from '../../../harness/network/flat.ts';
import { buildNetwork } from '../../../harness/network/network.ts';
import { readWeights } from '../../../harness/network/weights/read.ts';
import { importWeights, recipesOfWeights } from '../../../harness/network/weights/recipes-of.ts';
import type { Recipe } from '../../../harness/recipe/types.ts';
import * as imagenet64 from '../../../recipes/imagenet64.ts';
import { ct, ict } from '../../../recipes/shapes.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'recipes-of-'));
  path = join(folder, 'weights.safetensors');
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Weights of a recipe's network, all of one size but for the Fourier frequencies, which have their own deviation. */
function write(recipe: Recipe, metadata: Readonly<Record<string, string>>): void {
  const random = new HostRandom(0, 'init', 0);
  const { parameters } = parameterLayout(buildNetwork(recipe).parameters);
  const tensors = parameters.map(({ name, shape }) => {
    const scale = name === 'GaussianFourierProjection_0/W' ? recipe.tuning.fourierScale! : 0.1;
    // Uniform numbers of standard deviation 1.
    const values = Float32Array.from(
      { length: shape.reduce((product, size) => product * size, 1) },
      () => Math.sqrt(12) * scale * (random.uniform() - 0.5),
    );
    return [name, float32Tensor(values, shape)] as const;
  });
  writeSafetensors(path, tensors, metadata);
}

const ids = (candidates: readonly Recipe[]): string[] =>
  recipesOfWeights(readWeights(path), candidates).map(({ id }) => id);

describe('a file that names its recipe', () => {
  it('is of that recipe alone, though another has the same network', () => {
    const rung: Recipe = { ...ict, id: 'shapes-rung' };
    write(ict, { recipe: 'shapes-rung' });
    expect(ids([ct, ict, rung])).toEqual(['shapes-rung']);
  });

  it('is refused where another is asked for', () => {
    write(ict, { recipe: 'shapes-ict' });
    expect(() => ids([ct])).toThrow(
      `${path}: got weights of shapes-ict, expected those of shapes-ct. Name the data set and the recipe by which they were trained, or another file.`,
    );
  });

  it('still names it after it was imported', () => {
    write(ict, { recipe: 'shapes-ict' });
    const out = join(folder, 'imported.safetensors');
    importWeights(readWeights(path), [ict], out, { source: 'weights.safetensors' });
    expect(readSafetensors(out).metadata).toMatchObject({ recipe: 'shapes-ict', source: 'weights.safetensors' });
  });
});

it('a file that names none is of the recipes whose Fourier scale it has', () => {
  write(ict, {});
  expect(ids([ct, ict])).toEqual(['shapes-ict']);
});

it('a file without attention at the largest width is of the recipe that has none there', () => {
  const narrow = (recipe: Recipe): Recipe => {
    if (recipe.network.kind !== 'adm') throw new Error('not ADM');
    const { attentionResolutions } = recipe.network;
    const size = {
      resolution: 16,
      baseChannels: 32,
      headChannels: 32,
      channelMultipliers: [1, 1, 1],
      blocksPerLevel: 1,
    };
    // The widths 32, 16 and 8 of the published network are 16, 8 and 4 here.
    return {
      ...recipe,
      network: { ...recipe.network, ...size, attentionResolutions: attentionResolutions.map((r) => r / 2), classes: 3 },
    };
  };
  const [literal, bcm] = [narrow(imagenet64.ict), narrow(imagenet64.ictBcm)];
  for (const recipe of [literal, bcm]) {
    write(recipe, {});
    expect(ids([literal, bcm])).toEqual([recipe.id]);
    expect(ids([bcm, literal])).toEqual([recipe.id]);
  }
});
