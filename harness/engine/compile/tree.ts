/**
 * @file Trees of tensors, the arguments and results of compiled functions.
 *
 * A leaf that is no tensor is static and part of the signature.
 */
import * as tf from '@tensorflow/tfjs-core';

/** Tensors nested in arrays and plain objects; an object may be of any declared type. */
export type Tree = object | string | number | boolean | null | undefined;

/** The tensors of a tree, depth first, in the order of the keys. */
export function leaves(tree: Tree): tf.Tensor[] {
  if (isTensor(tree)) return [tree];
  if (Array.isArray(tree)) return (tree as readonly Tree[]).flatMap(leaves);
  if (typeof tree === 'object' && tree !== null) return Object.values(tree as Record<string, Tree>).flatMap(leaves);
  return [];
}

/** Frees every tensor of a tree. */
export function disposeTree(tree: Tree): void {
  tf.dispose(leaves(tree));
}

/** The same tree with each tensor replaced by what `replace` makes of it, in the order of `leaves`. */
export function mapLeaves<T extends Tree>(tree: T, replace: (leaf: tf.Tensor, index: number) => tf.Tensor): T {
  let index = 0;
  const visit = (node: Tree): Tree => {
    if (isTensor(node)) return replace(node, index++);
    if (Array.isArray(node)) return (node as readonly Tree[]).map(visit);
    if (typeof node === 'object' && node !== null) {
      return Object.fromEntries(
        Object.entries(node as Record<string, Tree>).map(([key, value]) => [key, visit(value)]),
      );
    }
    return node;
  };
  return visit(tree) as T;
}

/** A text that is equal for trees of equal structure, dtypes, shapes and static leaves. */
export function signature(tree: Tree): string {
  if (isTensor(tree)) return `${tree.dtype}[${tree.shape.join(',')}]`;
  if (Array.isArray(tree)) return `(${(tree as readonly Tree[]).map(signature).join(',')})`;
  if (typeof tree === 'object' && tree !== null) {
    return `{${Object.entries(tree as Record<string, Tree>)
      .map(([key, value]) => `${JSON.stringify(key)}:${signature(value)}`)
      .join(',')}}`;
  }
  return tree === undefined ? 'undefined' : JSON.stringify(tree);
}

/** `instanceof` alone would narrow to Tensor<any>. */
function isTensor(tree: Tree): tree is tf.Tensor {
  return tree instanceof tf.Tensor;
}
