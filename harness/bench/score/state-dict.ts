/**
 * @file Weights of the 2015 Inception graph under the names and in the layout of PyTorch's tools.
 *
 * pytorch-fid, torch-fidelity and clean-fid read the same names.
 */
import { DataError, described } from '../../core/errors.ts';
import type { FrozenGraph, GraphNode } from '../../metrics/features/inception/graph-def.ts';

export interface NamedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** Layers `tower/conv`, `tower/conv_1` ... as `branch_1`, `branch_2` ... */
function numbered(tower: string, branch: string, layers: number): [string, string][] {
  return Array.from({ length: layers }, (_, i) => [`${tower}/conv${i === 0 ? '' : `_${i}`}`, `${branch}_${i + 1}`]);
}

/** The two kernels that follow `layers` others, side by side. */
function split(tower: string, branch: string): [string, string][] {
  return [
    [`${tower}/mixed/conv`, `${branch}a`],
    [`${tower}/mixed/conv_1`, `${branch}b`],
  ];
}

type Layers = readonly (readonly [graph: string, torch: string])[];

const pooled = ['tower_2/conv', 'branch_pool'] as const;
const a: Layers = [
  ['conv', 'branch1x1'],
  ...numbered('tower', 'branch5x5', 2),
  ...numbered('tower_1', 'branch3x3dbl', 3),
  pooled,
];
const b: Layers = [['conv', 'branch3x3'], ...numbered('tower', 'branch3x3dbl', 3)];
const c: Layers = [
  ['conv', 'branch1x1'],
  ...numbered('tower', 'branch7x7', 3),
  ...numbered('tower_1', 'branch7x7dbl', 5),
  pooled,
];
const d: Layers = [...numbered('tower', 'branch3x3', 2), ...numbered('tower_1', 'branch7x7x3', 4)];
const e: Layers = [
  ['conv', 'branch1x1'],
  ...numbered('tower', 'branch3x3', 1),
  ...split('tower', 'branch3x3_2'),
  ...numbered('tower_1', 'branch3x3dbl', 2),
  ...split('tower_1', 'branch3x3dbl_3'),
  pooled,
];

/** `mixed`, `mixed_1` ... with their names in torchvision's Inception. */
const blocks: readonly (readonly [torch: string, layers: Layers])[] = [
  ['Mixed_5b', a],
  ['Mixed_5c', a],
  ['Mixed_5d', a],
  ['Mixed_6a', b],
  ['Mixed_6b', c],
  ['Mixed_6c', c],
  ['Mixed_6d', c],
  ['Mixed_6e', c],
  ['Mixed_7a', d],
  ['Mixed_7b', e],
  ['Mixed_7c', e],
];

/** Layers of the graph with their names in PyTorch. Source: torchvision 0.29 `models/inception.py`; pytorch-fid 0.3.0 `inception.py`. */
export const layerNames: ReadonlyMap<string, string> = new Map([
  ['conv', 'Conv2d_1a_3x3'],
  ['conv_1', 'Conv2d_2a_3x3'],
  ['conv_2', 'Conv2d_2b_3x3'],
  ['conv_3', 'Conv2d_3b_1x1'],
  ['conv_4', 'Conv2d_4a_3x3'],
  ...blocks.flatMap(([torch, layers], i) =>
    layers.map(([layer, name]): [string, string] => [
      `${i === 0 ? 'mixed' : `mixed_${i}`}/${layer}`,
      `${torch}.${name}`,
    ]),
  ),
]);

/** That of every batch normalisation in the tools. */
const epsilon = 0.001;

/**
 * Every weight of the tools' network: kernels [h, w, in, out] become [out, in, h, w], the head [in, out] becomes [out, in].
 * @param where the graph, for errors
 * @throws DataError when a layer is missing, is one too many, or cannot be said in PyTorch
 */
export function stateDict(graph: FrozenGraph, where: string): NamedTensor[] {
  const known = new Set(layerNames.keys());
  const stranger = [...graph.nodes.values()].find(
    ({ name, op }) => op === 'Conv2D' && !known.has(name.replace(/\/Conv2D$/, '')),
  );
  if (stranger) throw foreign(where, `a convolution "${stranger.name}"`, 'those of the 2015 Inception network alone');
  const layers = [...layerNames].flatMap(([layer, torch]) => layerTensors(graph, where, layer, torch));
  const weights = constantOf(graph, where, 'softmax/weights', 2);
  const [inputs, classes] = weights.shape as [number, number];
  const fc = { name: 'fc.weight', shape: [classes, inputs], values: transposed(weights.values, inputs, classes) };
  return [...layers, fc, { ...constantOf(graph, where, 'softmax/biases', 1), name: 'fc.bias' }];
}

function layerTensors(graph: FrozenGraph, where: string, layer: string, torch: string): NamedTensor[] {
  const { inputs: convolved } = nodeOf(graph, where, `${layer}/Conv2D`);
  const normalised = nodeOf(graph, where, `${layer}/batchnorm`);
  const { variance_epsilon: found = NaN, scale_after_normalization: scaled = 0 } = normalised.numbers;
  if (Math.abs(found - epsilon) > 1e-9) {
    throw foreign(where, `an epsilon of ${found} in "${layer}/batchnorm"`, `${epsilon}, which the tools have`);
  }
  const kernel = constantOf(graph, where, convolved[1]!, 4);
  const perChannel = (input: number) => constantOf(graph, where, normalised.inputs[input]!, 1);
  const [mean, variance, beta, gamma] = [1, 2, 3, 4].map(perChannel) as [Tensor, Tensor, Tensor, Tensor];
  const scale = scaled === 1 ? gamma : { ...gamma, values: gamma.values.map(() => 1) };
  return [
    { ...channelsFirst(kernel), name: `${torch}.conv.weight` },
    { ...scale, name: `${torch}.bn.weight` },
    { ...beta, name: `${torch}.bn.bias` },
    { ...mean, name: `${torch}.bn.running_mean` },
    { ...variance, name: `${torch}.bn.running_var` },
  ];
}

type Tensor = Omit<NamedTensor, 'name'>;

/** [h, w, in, out] as [out, in, h, w]. */
function channelsFirst({ shape, values }: Tensor): Tensor {
  const [height, width, inputs, outputs] = shape as [number, number, number, number];
  return {
    shape: [outputs, inputs, height, width],
    values: transposed(values, height * width, inputs * outputs, inputs),
  };
}

/**
 * Rows as columns.
 * @param inner columns are pairs of so many by the rest, which trade places too
 */
function transposed(values: Float32Array, rows: number, columns: number, inner = 1): Float32Array {
  const out = new Float32Array(values.length);
  const outer = columns / inner;
  for (let row = 0, from = 0; row < rows; row++) {
    for (let i = 0; i < inner; i++) {
      for (let o = 0; o < outer; o++, from++) out[(o * inner + i) * rows + row] = values[from]!;
    }
  }
  return out;
}

/** A constant, whatever passes it on. */
function constantOf(graph: FrozenGraph, where: string, name: string, rank: number): Tensor {
  const node = nodeOf(graph, where, name);
  if (node.op === 'Identity' || node.op === 'CheckNumerics') return constantOf(graph, where, node.inputs[0]!, rank);
  const { constant } = node;
  if (constant?.values instanceof Float32Array && constant.shape.length === rank) {
    return { shape: constant.shape, values: constant.values };
  }
  throw foreign(where, `"${name}" without ${rank} dimensions of float32`, 'the weights of the 2015 Inception network');
}

function nodeOf(graph: FrozenGraph, where: string, name: string): GraphNode {
  const node = graph.nodes.get(name);
  if (node) return node;
  throw foreign(where, `no node "${name}"`, 'every layer of the 2015 Inception network');
}

function foreign(where: string, got: string, expected: string): DataError {
  const remedy = 'Use classify_image_graph_def.pb of inception-2015-12-05.tgz, or leave out --graph';
  return new DataError({ where, got: described(got), expected, remedy });
}
