/** @file Runs a frozen graph of 2015 with the engine's present operations, for any batch size. */
import * as tf from '@tensorflow/tfjs-core';
import { DataError, HarnessError, described } from '../../../core/errors.ts';
import type { Constant, FrozenGraph, GraphNode } from './graph-def.ts';

/** What `evaluate` can compute. */
export const computedOperations = [
  'Identity', 'CheckNumerics', 'Sub', 'Mul', 'ResizeBilinear', 'Conv2D', 'BatchNormWithGlobalNormalization', 'Relu', 'MaxPool',
  'AvgPool', 'Concat', 'Reshape', 'MatMul', 'BiasAdd', 'Add', 'Softmax',
] as const; // prettier-ignore

type Operation = (typeof computedOperations)[number];

/** A graph whose constants are on the device. */
export interface LoadedGraph {
  /**
   * The values of the named nodes, computed by TensorFlow.js operations: call it inside `compile`.
   * @param fed nodes whose values are given, such as `ExpandDims`
   */
  readonly evaluate: (fed: Readonly<Record<string, tf.Tensor>>, wanted: readonly string[]) => tf.Tensor[];
  readonly dispose: () => void;
}

/**
 * Puts the constants on the device. Each operation is the one that TensorFlow would have run, except:
 * - `BatchNormWithGlobalNormalization`, which TensorFlow removed from graphs of version 9 and later: its kernel's own arithmetic,
 *   (x - mean) * (rsqrt(variance + epsilon) * gamma) + beta, is that of batch normalisation with given moments; `gamma` counts only
 *   with `scale_after_normalization`;
 * - `CheckNumerics` passes its input on: the features are checked once, when they are read;
 * - a `Reshape` to [1, F], which would allow a single image, keeps the batch.
 * Source: tensorflow 0.5 to 2.21, `core/kernels/batch_norm_op.h`; openai/guided-diffusion `evaluations/evaluator.py` for feeding a batch
 *   at `ExpandDims`.
 */
export function loadGraph(graph: FrozenGraph, where: string): LoadedGraph {
  const constants = new Map<string, tf.Tensor>();
  for (const { name, constant } of graph.nodes.values()) {
    if (constant?.values instanceof Float32Array) {
      constants.set(name, tf.keep(tf.tensor(constant.values, [...constant.shape], 'float32')));
    }
  }
  return {
    evaluate: (fed, wanted) => {
      const evaluation = new Evaluation(graph, where, constants, fed);
      return wanted.map((name) => evaluation.value(name));
    },
    dispose: () => {
      tf.dispose([...constants.values()]);
    },
  };
}

/** One pass over the graph: every node is computed once. */
class Evaluation {
  private readonly graph: FrozenGraph;
  private readonly where: string;
  private readonly values: Map<string, tf.Tensor>;

  constructor(
    graph: FrozenGraph,
    where: string,
    constants: ReadonlyMap<string, tf.Tensor>,
    fed: Readonly<Record<string, tf.Tensor>>,
  ) {
    this.graph = graph;
    this.where = where;
    this.values = new Map([...constants, ...Object.entries(fed)]);
  }

  value(name: string): tf.Tensor {
    let value = this.values.get(name);
    if (!value) {
      value = this.fitting(this.node(name));
      this.values.set(name, value);
    }
    return value;
  }

  private node(name: string): GraphNode {
    const node = this.graph.nodes.get(name);
    if (node) return node;
    throw this.fault(`no node "${name}"`, 'all nodes of the 2015 Inception graph');
  }

  /** TensorFlow.js checks shapes by exceptions of its own: here they mean that the graph is not what it claims to be. */
  private fitting(node: GraphNode): tf.Tensor {
    try {
      return this.compute(node);
    } catch (thrown) {
      if (thrown instanceof HarnessError || !(thrown instanceof Error)) throw thrown;
      throw this.fault(
        `a node "${node.name}" that cannot be computed: ${thrown.message}`,
        'shapes that fit together',
        thrown,
      );
    }
  }

  private compute(node: GraphNode): tf.Tensor {
    const input = (at: number): tf.Tensor => this.value(node.inputs[at] ?? `input ${at} of ${node.name}`);
    switch (node.op as Operation) {
      case 'Identity':
      case 'CheckNumerics':
        return input(0);
      case 'Sub':
        return tf.sub(input(0), input(1));
      case 'Mul':
        return tf.mul(input(0), input(1));
      case 'ResizeBilinear':
        return this.resize(node, input(0));
      case 'Conv2D':
        return tf.conv2d(input(0) as tf.Tensor4D, input(1) as tf.Tensor4D, spatial(node.lists.strides), padding(node));
      case 'BatchNormWithGlobalNormalization':
        return tf.batchNorm(
          input(0),
          input(1),
          input(2),
          input(3),
          node.numbers.scale_after_normalization ? (input(4) as tf.Tensor1D) : undefined,
          node.numbers.variance_epsilon,
        );
      case 'Relu':
        return tf.relu(input(0));
      case 'MaxPool':
        return tf.maxPool(
          input(0) as tf.Tensor4D,
          spatial(node.lists.ksize),
          spatial(node.lists.strides),
          padding(node),
        );
      case 'AvgPool':
        return tf.avgPool(
          input(0) as tf.Tensor4D,
          spatial(node.lists.ksize),
          spatial(node.lists.strides),
          padding(node),
        );
      case 'Concat':
        return tf.concat(
          node.inputs.slice(1).map((name) => this.value(name)),
          this.integers(node.inputs[0])[0],
        );
      case 'Reshape': {
        const [, ...rest] = this.integers(node.inputs[1]);
        return tf.reshape(input(0), [-1, ...rest]);
      }
      case 'MatMul':
        return tf.matMul(input(0), input(1));
      case 'BiasAdd':
      case 'Add':
        return tf.add(input(0), input(1));
      case 'Softmax':
        return tf.softmax(input(0));
    }
    throw this.fault(`an operation ${node.op} ("${node.name}")`, 'the operations of the 2015 Inception graph');
  }

  /** TensorFlow 1's resize: no antialiasing; neither half-pixel centres nor aligned corners unless the graph says so. */
  private resize(node: GraphNode, images: tf.Tensor): tf.Tensor {
    const [height, width] = this.integers(node.inputs[1]) as [number, number];
    const { align_corners: corners, half_pixel_centers: centres } = node.numbers;
    return tf.image.resizeBilinear(images as tf.Tensor4D, [height, width], corners === 1, centres === 1);
  }

  private integers(name: string | undefined): readonly number[] {
    const constant: Constant | undefined = name === undefined ? undefined : this.node(name).constant;
    if (constant?.values instanceof Int32Array) return [...constant.values];
    throw this.fault(`"${name ?? ''}" without integers`, 'constant sizes and axes');
  }

  private fault(got: string, expected: string, cause?: Error): DataError {
    return new DataError(
      {
        where: this.where,
        got: described(got),
        expected,
        remedy: 'Use classify_image_graph_def.pb of inception-2015-12-05.tgz',
      },
      { cause },
    );
  }
}

/** Height and width of [1, h, w, 1]. */
function spatial(list: readonly number[] | undefined): [number, number] {
  return [list?.[1] ?? 1, list?.[2] ?? 1];
}

function padding(node: GraphNode): 'same' | 'valid' {
  return node.texts.padding === 'SAME' ? 'same' : 'valid';
}
