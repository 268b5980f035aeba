/**
 * @file The 2015 Inception graph with drawn weights, as every scoring tool can hold it.
 *
 * Its features mean nothing, so nothing that is computed from them is a FID.
 */
import { HostRandom } from '../../core/random.ts';
import type { FrozenGraph, GraphNode } from '../../metrics/features/inception/graph-def.ts';
import { publishedWidths } from '../../metrics/features/inception/inception-2015.ts';
import { sizeOf } from '../../network/parameter.ts';
import { untrainedInception } from '../check/untrained-inception.ts';

/** The range of each constant of a batch normalisation: none is what it would be if it did nothing, so that a swap shows. */
const normalisation = {
  moving_mean: [-0.1, 0.1],
  moving_variance: [0.7, 1.3],
  beta: [-0.1, 0.3],
  gamma: [0.8, 1.2],
} as const;

/** Of all classes; logits are of no interest here. */
const headBound = 0.02;

/**
 * Kernels are uniform with the deviation sqrt(2 / inputs).
 * @param divisor of all widths, for tests
 */
export function randomInception(seed: number, divisor = 1): FrozenGraph {
  const { nodes: untrained, producer } = untrainedInception(divisor);
  const nodes = new Map<string, GraphNode>([['ExpandDims', plain('ExpandDims', 'ExpandDims', [])]]);
  let drawn = 0;
  const uniform = (name: string, shape: readonly number[], low: number, high: number): GraphNode => {
    const random = new HostRandom(seed, 'scored-weights', drawn++);
    const values = Float32Array.from({ length: sizeOf(shape) }, () => low + (high - low) * (random.uint32() / 2 ** 32));
    return { ...plain(name, 'Const', []), constant: { shape, values } };
  };
  for (const node of untrained.values()) {
    const { name, constant } = node;
    const range = rangeOf(name, constant?.shape ?? []);
    nodes.set(name, range === undefined ? node : uniform(name, constant!.shape, ...range));
  }
  const features = publishedWidths.features / divisor;
  const { classes } = publishedWidths;
  const head = [
    uniform('softmax/weights', [features, classes], -headBound, headBound),
    uniform('softmax/biases', [classes], -headBound, headBound),
    { ...plain('pool_3/_reshape/shape', 'Const', []), constant: { shape: [2], values: Int32Array.of(1, features) } },
    plain('pool_3/_reshape', 'Reshape', ['pool_3', 'pool_3/_reshape/shape']),
    plain('softmax/logits/MatMul', 'MatMul', ['pool_3/_reshape', 'softmax/weights']),
    plain('softmax/logits', 'BiasAdd', ['softmax/logits/MatMul', 'softmax/biases']),
    plain('softmax', 'Softmax', ['softmax/logits']),
  ];
  for (const node of head) nodes.set(node.name, node);
  return { nodes, producer };
}

/**
 * The graph with PyTorch's way to 299 pixels in place of TensorFlow 1's: half-pixel centres, and 2 x / 255 - 1 in place of (x - 128) / 128.
 * Source: pytorch-fid 0.3.0, `inception.py` (`F.interpolate(align_corners=False)`, `2 * x - 1`).
 */
export function withHalfPixelInput({ nodes, producer }: FrozenGraph): FrozenGraph {
  const changed = new Map(nodes);
  const resize = nodes.get('ResizeBilinear')!;
  changed.set('ResizeBilinear', { ...resize, numbers: { ...resize.numbers, half_pixel_centers: 1 } });
  for (const [name, value] of [
    ['Sub/y', 127.5],
    ['Mul/y', 1 / 127.5],
  ] as const) {
    changed.set(name, { ...nodes.get(name)!, constant: { shape: [], values: Float32Array.of(value) } });
  }
  return { nodes: changed, producer };
}

function rangeOf(name: string, shape: readonly number[]): readonly [number, number] | undefined {
  if (name.endsWith('/conv2d_params')) {
    const bound = Math.sqrt(6 / (shape[0]! * shape[1]! * shape[2]!));
    return [-bound, bound];
  }
  const [, what] = /\/batchnorm\/(\w+)$/.exec(name) ?? [];
  return what === undefined ? undefined : normalisation[what as keyof typeof normalisation];
}

function plain(name: string, op: string, inputs: readonly string[]): GraphNode {
  return { name, op, inputs, lists: {}, numbers: {}, texts: {} };
}
