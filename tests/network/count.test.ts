/** @file Parameters and multiply-adds of the published networks: the authors' own counts, part by part. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { admArchitecture } from '../../harness/network/adm/modules.ts';
import { admParameters, torchAxes } from '../../harness/network/adm/parameters.ts';
import { ncsnppArchitecture } from '../../harness/network/ncsnpp/modules.ts';
import { ncsnppParameters } from '../../harness/network/ncsnpp/parameters.ts';
import { countNetwork, distanceWork } from '../../harness/network/count.ts';
import { lpipsWork } from '../../harness/network/features/vgg16/work.ts';
import type { AdmNetwork, NcsnppNetwork } from '../../harness/recipe/types.ts';
import * as cifar10 from '../../recipes/cifar10.ts';
import * as imagenet64 from '../../recipes/imagenet64.ts';
import * as shapes from '../../recipes/shapes.ts';

const packShapes = JSON.parse(
  readFileSync(join(import.meta.dirname, '../golden/networks/param-count/full-configs/shapes.json'), 'utf8'),
) as Record<string, Record<string, number[]>>;

const gmacs = (macs: number): number => macs / 1e9;

describe('countNetwork', () => {
  // jax.eval_shape of NCSNpp at openai/consistency_models_cifar10 d086e77; create_model of openai/consistency_models e32b69e on torch's
  // meta device; the deep variants with num_res_blocks doubled.
  it.each([
    [cifar10.ct, 56_395_651, 56_395_523, 445, 33, 6],
    [cifar10.ictDeep, 97_610_627, 97_610_499, 749, 57, 10],
    [imagenet64.ct, 295_899_267, 295_899_267, 541, 36, 22],
    [imagenet64.ict, 282_168_003, 282_168_003, 541, 36, 22],
    [imagenet64.ictDeep, 472_767_555, 472_767_555, 913, 60, 40],
    [imagenet64.ictBcm, 278_023_107, 278_023_107, 499, 36, 15],
  ] as const)(
    'counts the parameters of the published networks: $id',
    (recipe, parameters, trainable, tensors, residualBlocks, attentionBlocks) => {
      expect(countNetwork(recipe.network)).toMatchObject({
        parameters,
        trainable,
        tensors,
        residualBlocks,
        attentionBlocks,
      });
    },
  );

  it.each([
    [cifar10.ct, 21.25],
    [cifar10.ictDeep, 38.22],
    [imagenet64.ct, 109.66],
    [imagenet64.ict, 109.64],
    [imagenet64.ictDeep, 181.42],
  ] as const)('counts the multiply-adds of the published networks, FIR filters included: $id', (recipe, expected) => {
    expect(Math.round(100 * gmacs(countNetwork(recipe.network).macs)) / 100).toBe(expected);
  });

  // Mosasaur5526/BCM-iCT-torch: no attention at 32x32, no scale and shift; six blocks with scale and shift from the same constructors.
  it.each([
    [3, [16, 8], false, 278_023_107],
    [6, [16, 8], false, 465_069_891],
    [6, [32, 16, 8], true, 495_357_699],
  ])(
    'counts other members of the ADM family: %i blocks, attention at %j, scale and shift %s',
    (blocksPerLevel, attentionResolutions, scaleShiftNorm, parameters) => {
      const network: AdmNetwork = { ...admNetwork, blocksPerLevel, attentionResolutions, scaleShiftNorm };
      expect(countNetwork(network).parameters).toBe(parameters);
    },
  );

  it('counts no label embedding where there are no labels', () => {
    const without = countNetwork({ ...admNetwork, classes: null });
    const labelled = countNetwork(admNetwork);
    expect([labelled.parameters - without.parameters, labelled.tensors - without.tensors]).toEqual([1000 * 768, 1]);
  });

  it('has the twin at a quarter of a million parameters', () => {
    expect(countNetwork(shapes.ct.network).parameters).toBe(262_243);
  });

  it('names and shapes every parameter of NCSN++ as the authors do', () => {
    const own = ncsnppParameters(ncsnppArchitecture(cifar10.ct.network as NcsnppNetwork), 16);
    expect(Object.fromEntries(own.map(({ name, shape }) => [`params/${name}`, shape]))).toEqual(
      packShapes['ncsnpp-base'],
    );
  });

  it.each([
    ['adm-ct', imagenet64.ct],
    ['adm-ict', imagenet64.ict],
  ])('names and shapes every parameter of ADM as the authors do, in our order of axes: %s', (name, { network }) => {
    const own = admParameters(admArchitecture(network as AdmNetwork));
    const inTheirAxes = own.map((parameter) => {
      const axes = torchAxes(parameter);
      if (axes === null) return [parameter.name, parameter.shape] as const;
      const shape: number[] = [];
      axes.forEach((theirs, ours) => (shape[theirs] = parameter.shape[ours]!));
      return [parameter.name, shape] as const;
    });
    const bare = Object.entries(packShapes[name]!).map(
      ([key, shape]) => [key.replace(/^params\//, ''), shape] as const,
    );
    expect(Object.fromEntries(inTheirAxes)).toEqual(Object.fromEntries(bare));
  });
});

describe('distanceWork', () => {
  it('is that of six 3x3 convolutions at 16, 8 and 4 pixels for the perceptual distance of shapes', () => {
    const macs = 9 * (16 ** 2 * (3 * 16 + 16 ** 2) + 8 ** 2 * (16 * 24 + 24 ** 2) + 4 ** 2 * (24 * 32 + 32 ** 2));
    expect(distanceWork.perceptual).toEqual({ macs, outputs: 2 * (16 ** 3 + 8 ** 2 * 24 + 4 ** 2 * 32) });
  });

  it('is nothing for distances of pixels', () => {
    const pixels = (['squared-l2', 'l1', 'pseudo-huber'] as const).map((kind) => distanceWork[kind]);
    expect(pixels).toEqual(pixels.map(() => ({ macs: 0, outputs: 0 })));
  });
});

describe('lpipsWork', () => {
  it('is the 15.35 GMAC of VGG16 at 224x224', () => {
    expect(gmacs(lpipsWork.macs)).toBeCloseTo(15.35, 2);
  });
});

const admNetwork = imagenet64.ct.network as AdmNetwork;
