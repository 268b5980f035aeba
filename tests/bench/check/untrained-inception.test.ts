/** @file The untrained Inception graph beside the nodes of the published one, sixteen times narrower. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { untrainedInception } from '../../../harness/bench/check/untrained-inception.ts';
import {
  parseGraphDef,
  type FrozenGraph,
  type GraphNode,
} from '../../../harness/metrics/features/inception/graph-def.ts';

const golden = join(import.meta.dirname, '../../golden/metrics/inception-graph/div16-producer7/graph.pb');

/** What a node computes and from which nodes, with those that pass their input on left out. */
function work({ nodes }: FrozenGraph, name: string) {
  const { op, inputs, constant, lists, texts, numbers } = nodes.get(name)!;
  const passed = (input: string): string => {
    const node = nodes.get(input);
    return node?.op === 'Identity' ? passed(node.inputs[0]!) : input;
  };
  const { scale_after_normalization: scale, variance_epsilon: epsilon } = numbers;
  const small = constant && constant.values instanceof Int32Array ? [...constant.values] : undefined;
  return {
    op,
    inputs: inputs.map(passed),
    shape: constant?.shape,
    small,
    lists,
    padding: texts.padding,
    scale,
    epsilon,
  };
}

const computes = ({ op }: GraphNode): boolean => !['Identity', 'CheckNumerics', 'DecodeJpeg', 'Cast'].includes(op);

it('has the nodes of the published graph up to its features, with their kernels, strides and inputs', () => {
  const published = parseGraphDef(golden, readFileSync(golden));
  const untrained = untrainedInception(16);
  const wanted = [...published.nodes.values()]
    .filter(computes)
    .map(({ name }) => name)
    .filter((name) => !/^(pool_3\/|softmax|DecodeJpeg|ExpandDims)/.test(name));
  expect([...untrained.nodes.keys()].sort()).toEqual(wanted.sort());
  for (const name of wanted) expect([name, work(untrained, name)]).toEqual([name, work(published, name)]);
});

it('has the 21,751,136 weights of the published kernels at full width', () => {
  const kernels = [...untrainedInception().nodes.values()].filter(({ name }) => name.endsWith('conv2d_params'));
  const sizes = kernels.map(({ constant }) => constant!.values.length);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(21_751_136);
});
