/** @file Weights of the graph as PyTorch's tools name and lay them out, and graphs that are of another network. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { randomInception } from '../../../harness/bench/score/random-inception.ts';
import { layerNames, stateDict } from '../../../harness/bench/score/state-dict.ts';
import {
  parseGraphDef,
  type FrozenGraph,
  type GraphNode,
} from '../../../harness/metrics/features/inception/graph-def.ts';

const golden = join(import.meta.dirname, '../../golden/metrics/inception-graph/div16-producer7/graph.pb');
const graph = randomInception(3, 16);
const tensors = new Map(stateDict(graph, 'graph').map((tensor) => [tensor.name, tensor]));

function constant(name: string) {
  const { shape, values } = graph.nodes.get(name)!.constant!;
  return { shape, values: values as Float32Array };
}

function changed(name: string, change: Partial<GraphNode> | null): FrozenGraph {
  const nodes = new Map(graph.nodes);
  if (change === null) nodes.delete(name);
  else nodes.set(name, { ...nodes.get(name)!, ...change });
  return { nodes, producer: null };
}

describe('the state dict', () => {
  it('has the weights of all 94 layers and of the head, each once', () => {
    expect(new Set(layerNames.values()).size).toBe(94);
    expect(tensors.size).toBe(94 * 5 + 2);
    expect(stateDict(graph, 'graph')).toHaveLength(tensors.size);
  });

  it.each([
    ['conv', 'Conv2d_1a_3x3'],
    ['conv_4', 'Conv2d_4a_3x3'],
    ['mixed/tower/conv_1', 'Mixed_5b.branch5x5_2'],
    ['mixed_3/tower/conv_2', 'Mixed_6a.branch3x3dbl_3'],
    ['mixed_4/tower/conv_1', 'Mixed_6b.branch7x7_2'],
    ['mixed_7/tower_1/conv_4', 'Mixed_6e.branch7x7dbl_5'],
    ['mixed_8/tower_1/conv_2', 'Mixed_7a.branch7x7x3_3'],
    ['mixed_10/tower/mixed/conv', 'Mixed_7c.branch3x3_2a'],
    ['mixed_10/tower_1/mixed/conv_1', 'Mixed_7c.branch3x3dbl_3b'],
    ['mixed_9/tower_2/conv', 'Mixed_7b.branch_pool'],
  ])('%s is %s, its kernel with channels first', (layer, torch) => {
    const { shape, values } = constant(`${layer}/conv2d_params`);
    const [height, width, inputs, outputs] = shape as [number, number, number, number];
    const kernel = tensors.get(`${torch}.conv.weight`)!;
    expect(kernel.shape).toEqual([outputs, inputs, height, width]);
    for (const [o, i, y, x] of [
      [0, 0, 0, 0],
      [1, 0, height - 1, 0],
      [0, inputs - 1, 0, width - 1],
      [outputs - 1, inputs - 1, height - 1, width - 1],
    ] as const) {
      const there = ((y * width + x) * inputs + i) * outputs + o;
      const here = ((o * inputs + i) * height + y) * width + x;
      expect(kernel.values[here]).toBe(values[there]);
    }
    for (const [name, of] of [
      ['weight', 'gamma'],
      ['bias', 'beta'],
      ['running_mean', 'moving_mean'],
      ['running_var', 'moving_variance'],
    ] as const) {
      expect(tensors.get(`${torch}.bn.${name}`)!.values).toEqual(constant(`${layer}/batchnorm/${of}`).values);
    }
  });

  it('has the head with classes first', () => {
    const { values } = constant('softmax/weights');
    const { shape, values: weight } = tensors.get('fc.weight')!;
    expect(shape).toEqual([1008, 128]);
    expect([weight[1], weight[128]]).toEqual([values[1008], values[1]]);
    expect(tensors.get('fc.bias')!.values).toEqual(constant('softmax/biases').values);
  });

  it('reads a graph that TensorFlow wrote, whose constants pass through other nodes', () => {
    const published = parseGraphDef('graph.pb', readFileSync(golden));
    const shapes = stateDict(published, 'graph.pb').map(({ name, shape }) => [name, shape]);
    expect(shapes).toEqual([...tensors.values()].map(({ name, shape }) => [name, shape]));
  });

  it('takes a scale that does not count as 1', () => {
    const { numbers } = graph.nodes.get('conv/batchnorm')!;
    const unscaled = changed('conv/batchnorm', { numbers: { ...numbers, scale_after_normalization: 0 } });
    const [, weight] = stateDict(unscaled, 'graph');
    expect(weight).toMatchObject({ name: 'Conv2d_1a_3x3.bn.weight', values: Float32Array.of(1, 1) });
  });

  it.each<[string, FrozenGraph, string]>([
    ['a missing layer', changed('mixed_5/tower/conv/Conv2D', null), 'no node "mixed_5/tower/conv/Conv2D"'],
    [
      'a layer too many',
      changed('further/Conv2D', { name: 'further/Conv2D', op: 'Conv2D' }),
      'a convolution "further/Conv2D"',
    ],
    [
      'another epsilon',
      changed('conv/batchnorm', { numbers: { variance_epsilon: 0.01 } }),
      'an epsilon of 0.01 in "conv/batchnorm"',
    ],
    [
      'a kernel that is none',
      changed('conv/conv2d_params', { constant: { shape: [4], values: new Float32Array(4) } }),
      '"conv/conv2d_params" without 4 dimensions of float32',
    ],
  ])('refuses a graph with %s', (_, other, got) => {
    expect(() => stateDict(other, 'other.pb')).toThrow(`other.pb: got ${got}, expected `);
  });
});
