/** @file Networks as data: every parameter has the name and shape of the authors' own constructors, and starts from their distribution. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { admArchitecture } from '../../harness/network/adm/modules.ts';
import { admParameters, torchAxes } from '../../harness/network/adm/parameters.ts';
import { ncsnppArchitecture } from '../../harness/network/ncsnpp/modules.ts';
import { ncsnppParameters } from '../../harness/network/ncsnpp/parameters.ts';
import type { Parameter } from '../../harness/network/parameter.ts';
import * as cifar10 from '../../recipes/cifar10.ts';
import * as imagenet64 from '../../recipes/imagenet64.ts';

// jax.eval_shape of NCSNpp at openai/consistency_models_cifar10 d086e77; create_model of openai/consistency_models e32b69e.
const reference = JSON.parse(
  readFileSync(join(import.meta.dirname, '../golden/networks/param-count/full-configs/shapes.json'), 'utf8'),
) as Record<string, Record<string, number[]>>;

/** The shape of the checkpoint's tensor from ours. */
function torchShape(parameter: Parameter): number[] {
  const axes = torchAxes(parameter);
  return parameter.shape.map((size, i) => (axes ? parameter.shape[axes.indexOf(i)]! : size));
}

describe('names and shapes', () => {
  test.each([
    ['adm-ct', imagenet64.ct],
    ['adm-ict', imagenet64.ict],
  ])('of %s are those of the state dict, in its order', (name, { network }) => {
    if (network.kind !== 'adm') throw new Error('ImageNet is ADM');
    const ours = admParameters(admArchitecture(network)).map((parameter) => [parameter.name, torchShape(parameter)]);
    expect(ours).toEqual(Object.entries(reference[name]!));
  });

  test('of ncsnpp-base are those of the flax tree', () => {
    const { network } = cifar10.ct;
    if (network.kind !== 'ncsnpp') throw new Error('CIFAR-10 is NCSN++');
    const ours = ncsnppParameters(ncsnppArchitecture(network), 16).map(({ name, shape }) => [`params/${name}`, shape]);
    expect(Object.fromEntries(ours)).toEqual(reference['ncsnpp-base']);
  });
});

describe('ADM starts', () => {
  const { network } = imagenet64.ct;
  const parameters = network.kind === 'adm' ? admParameters(admArchitecture(network)) : [];
  const initialOf = (name: string) => parameters.find((parameter) => parameter.name === name)!.initial;

  test('with the last convolution of every block, of every attention and of the network at zero, bias included', () => {
    const silent = parameters.filter(({ initial }) => initial.kind === 'zeros').map(({ name }) => name);
    const ends = /(out_layers\.3|proj_out|^out\.2)\.(weight|bias)$/;
    const norms = /(in_layers\.0|out_layers\.0|norm|^out\.0)\.bias$/;
    expect(silent.filter((name) => !ends.test(name) && !norms.test(name))).toEqual([]);
    expect(silent.filter((name) => ends.test(name)).length).toBe(2 * (36 + 22 + 1));
  });

  test("with torch's bound 1 / sqrt(fan-in) elsewhere, weight and bias alike", () => {
    expect(initialOf('input_blocks.0.0.weight')).toEqual({ kind: 'fan-in-uniform', fanIn: 27 });
    expect(initialOf('input_blocks.0.0.bias')).toEqual({ kind: 'fan-in-uniform', fanIn: 27 });
    expect(initialOf('time_embed.0.bias')).toEqual({ kind: 'fan-in-uniform', fanIn: 192 });
    expect(initialOf('middle_block.1.qkv.weight')).toEqual({ kind: 'fan-in-uniform', fanIn: 768 });
  });

  test('with standard normal label embeddings and unit gains', () => {
    expect(initialOf('label_emb.weight')).toEqual({ kind: 'normal', standardDeviation: 1 });
    expect(initialOf('out.0.weight')).toEqual({ kind: 'ones' });
  });
});
