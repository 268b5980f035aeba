/**
 * @file The 2015 Inception graph with random weights, which does the work of the real one.
 *
 * Its features mean nothing.
 */
import { HostRandom } from '../../core/random.ts';
import type { FrozenGraph, GraphNode } from '../../metrics/features/inception/graph-def.ts';
import { sizeOf } from '../../network/parameter.ts';

/** A kernel and its number of channels; a stride of 2 goes without padding. */
type Layer = readonly [height: number, width: number, channels: number, stride?: 2];

/** Layers one after another: `name`, `name_1` ... */
type Tower = readonly [name: string, ...layers: Layer[]];

interface Block {
  readonly towers: readonly Tower[];
  /** The last part that is joined: a pool of stride 1 and a 1x1 kernel behind it, or the largest of each 3x3 at stride 2. */
  readonly pooled: { readonly op: 'AvgPool' | 'MaxPool'; readonly channels: number } | 'stride 2';
  /** Channels of the 1x3 and of the 3x1 kernel that follow every tower but the first, side by side. */
  readonly split?: number;
}

const inner35 = (channels: number): Block => ({
  towers: [
    ['conv', [1, 1, 64]],
    ['tower/conv', [1, 1, 48], [5, 5, 64]],
    ['tower_1/conv', [1, 1, 64], [3, 3, 96], [3, 3, 96]],
  ],
  pooled: { op: 'AvgPool', channels },
});
const inner17 = (c: number): Block => ({
  towers: [
    ['conv', [1, 1, 192]],
    ['tower/conv', [1, 1, c], [1, 7, c], [7, 1, 192]],
    ['tower_1/conv', [1, 1, c], [7, 1, c], [1, 7, c], [7, 1, c], [1, 7, 192]],
  ],
  pooled: { op: 'AvgPool', channels: 192 },
});
const inner8 = (op: 'AvgPool' | 'MaxPool'): Block => ({
  towers: [
    ['conv', [1, 1, 320]],
    ['tower/conv', [1, 1, 384]],
    ['tower_1/conv', [1, 1, 448], [3, 3, 384]],
  ],
  split: 384,
  pooled: { op, channels: 192 },
});

/** `mixed`, `mixed_1` ... */
const blocks: readonly Block[] = [
  inner35(32),
  inner35(64),
  inner35(64),
  {
    towers: [
      ['conv', [3, 3, 384, 2]],
      ['tower/conv', [1, 1, 64], [3, 3, 96], [3, 3, 96, 2]],
    ],
    pooled: 'stride 2',
  },
  inner17(128),
  inner17(160),
  inner17(160),
  inner17(192),
  {
    towers: [
      ['tower/conv', [1, 1, 192], [3, 3, 320, 2]],
      ['tower_1/conv', [1, 1, 192], [1, 7, 192], [7, 1, 192], [3, 3, 192, 2]],
    ],
    pooled: 'stride 2',
  },
  inner8('AvgPool'),
  inner8('MaxPool'),
];

/**
 * The graph up to `pool_3`. Kernels begin with the same numbers, uniform with the deviation sqrt(2 / inputs), which keeps the size of features from layer to layer;
 * the batch normalisation in between has the moments 0 and 1. Source: Szegedy et al. 2015 (arXiv:1512.00567); names, widths and attributes
 * as in TensorFlow's `classify_image_graph_def.pb` of 2015-12-05.
 * @param divisor of all widths, for tests
 */
export function untrainedInception(divisor = 1): FrozenGraph {
  const graph = new Growing(divisor);
  graph.constant('ResizeBilinear/size', Int32Array.of(299, 299), [2]);
  graph.node('ResizeBilinear', 'ResizeBilinear', ['ExpandDims', 'ResizeBilinear/size']);
  graph.constant('Sub/y', Float32Array.of(128), []);
  graph.node('Sub', 'Sub', ['ResizeBilinear', 'Sub/y']);
  graph.constant('Mul/y', Float32Array.of(1 / 128), []);
  let end = graph.node('Mul', 'Mul', ['Sub', 'Mul/y'], {}, 3);
  end = graph.layer('conv', end, [3, 3, 32, 2]);
  end = graph.layer('conv_1', end, [3, 3, 32], 'VALID');
  end = graph.layer('conv_2', end, [3, 3, 64]);
  end = graph.pool('pool', 'MaxPool', end, 2);
  end = graph.layer('conv_3', end, [1, 1, 80], 'VALID');
  end = graph.layer('conv_4', end, [3, 3, 192], 'VALID');
  end = graph.pool('pool_1', 'MaxPool', end, 2);
  blocks.forEach((block, i) => (end = graph.block(i === 0 ? 'mixed' : `mixed_${i}`, end, block)));
  graph.node('pool_3', 'AvgPool', [end.name], {
    lists: { ksize: [1, 8, 8, 1], strides: strides(1) },
    padding: 'VALID',
  });
  return { nodes: graph.nodes, producer: null };
}

/** Values of the largest kernel, that of `tower_1/conv_1` in the last two blocks. */
const largestKernel = 3 * 3 * 448 * 384;

/** Uniform in [-1, 1). */
function symmetric(count: number): Float32Array {
  const random = new HostRandom(0, 'init', 0);
  const values = new Float32Array(count);
  for (let i = 0; i < count; i++) values[i] = 2 * random.uniform() - 1;
  return values;
}

interface End {
  readonly name: string;
  readonly channels: number;
}

interface Attributes {
  readonly lists?: GraphNode['lists'];
  readonly padding?: 'SAME' | 'VALID';
  readonly numbers?: GraphNode['numbers'];
}

class Growing {
  readonly nodes = new Map<string, GraphNode>();
  private readonly divisor: number;
  private readonly random = symmetric(largestKernel);

  constructor(divisor: number) {
    this.divisor = divisor;
  }

  node(name: string, op: string, inputs: readonly string[], attributes: Attributes = {}, channels = 0): End {
    const { lists = {}, numbers = {}, padding } = attributes;
    this.nodes.set(name, { name, op, inputs, lists, numbers, texts: padding ? { padding } : {} });
    return { name, channels };
  }

  constant(name: string, values: Float32Array | Int32Array, shape: readonly number[]): string {
    const constant = { shape, values };
    this.nodes.set(name, { name, op: 'Const', inputs: [], constant, lists: {}, numbers: {}, texts: {} });
    return name;
  }

  /** Convolution, batch normalisation, ReLU. */
  layer(name: string, from: End, layer: Layer, padding: 'SAME' | 'VALID' = layer[3] === 2 ? 'VALID' : 'SAME'): End {
    const [height, width, published, stride = 1] = layer;
    const channels = published / this.divisor;
    const shape = [height, width, from.channels, channels];
    const bound = Math.sqrt(6 / (height * width * from.channels));
    const kernel = this.random.slice(0, sizeOf(shape));
    kernel.forEach((value, i) => (kernel[i] = bound * value));
    const weights = this.constant(`${name}/conv2d_params`, kernel, shape);
    const lists = { strides: strides(stride) };
    const convolution = this.node(`${name}/Conv2D`, 'Conv2D', [from.name, weights], { lists, padding }).name;
    const perChannel = (what: string, value: number): string =>
      this.constant(`${name}/batchnorm/${what}`, new Float32Array(channels).fill(value), [channels]);
    const moments = [perChannel('moving_mean', 0), perChannel('moving_variance', 1)];
    const affine = [perChannel('beta', 0), perChannel('gamma', 1)];
    const numbers = { scale_after_normalization: 1, variance_epsilon: Math.fround(0.001) };
    const inputs = [convolution, ...moments, ...affine];
    this.node(`${name}/batchnorm`, 'BatchNormWithGlobalNormalization', inputs, { numbers });
    return this.node(name, 'Relu', [`${name}/batchnorm`], {}, channels);
  }

  pool(name: string, op: 'AvgPool' | 'MaxPool', from: End, stride: 1 | 2): End {
    const lists = { ksize: [1, 3, 3, 1], strides: strides(stride) };
    return this.node(name, op, [from.name], { lists, padding: stride === 2 ? 'VALID' : 'SAME' }, from.channels);
  }

  block(name: string, from: End, { towers, split, pooled }: Block): End {
    const ends = towers.flatMap(([tower, ...layers], at) => {
      let end = from;
      layers.forEach((layer, i) => (end = this.layer(`${name}/${tower}${i === 0 ? '' : `_${i}`}`, end, layer)));
      if (split === undefined || at === 0) return [end];
      const branch = `${name}/${tower.replace(/conv$/, 'mixed/conv')}`;
      return [this.layer(branch, end, [1, 3, split]), this.layer(`${branch}_1`, end, [3, 1, split])];
    });
    ends.push(this.pooledEnd(name, from, pooled));
    const axis = this.constant(`${name}/join/concat_dim`, Int32Array.of(3), []);
    const channels = ends.reduce((sum, end) => sum + end.channels, 0);
    return this.node(`${name}/join`, 'Concat', [axis, ...ends.map((end) => end.name)], {}, channels);
  }

  private pooledEnd(name: string, from: End, pooled: Block['pooled']): End {
    if (pooled === 'stride 2') return this.pool(`${name}/pool`, 'MaxPool', from, 2);
    const tower = `${name}/tower_2`;
    return this.layer(`${tower}/conv`, this.pool(`${tower}/pool`, pooled.op, from, 1), [1, 1, pooled.channels]);
  }
}

/** Along height and width. */
function strides(stride: number): number[] {
  return [1, stride, stride, 1];
}
