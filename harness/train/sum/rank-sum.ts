/**
 * @file Loss and gradient of a batch from what several ranks have computed of it.
 *
 * `ordered`: every rank gets one part of the gradient of all ranks, adds it in the tree of the passes, and all gather the parts. The bits do
 * not depend on the number of ranks, and as many numbers travel as in a ring. `fast`: TensorFlow's own all-reduce, whose order of
 * additions depends on the number of ranks.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Group } from '../../engine/engine.ts';
import { allGather, allReduce, allToAll } from '../../engine/ops.ts';
import type { Reduction } from '../../plan/types.ts';
import { passesOf, sumInTree, wholeStretches, type Stretch } from './pass-tree.ts';

/** How the ranks of a step become one gradient. */
export interface StepRanks {
  readonly group: Group;
  readonly reduction: Reduction;
}

/** A weighted sum over passes: scalar loss, and the gradient of the flat parameters. */
export interface PassSum {
  readonly loss: tf.Tensor;
  readonly gradient: tf.Tensor;
}

export function addSums(a: PassSum, b: PassSum): PassSum {
  return { loss: tf.add(a.loss, b.loss), gradient: tf.add(a.gradient, b.gradient) };
}

/** float32 numbers of a bucket, 8 MB: buckets travel at the same time, and larger ones were slower. */
const bucketNumbers = 2_000_000;

/**
 * The sum over all passes of the batch, the same on every rank.
 * @param own of each of this rank's `wholeStretches`
 * @param passes of the whole batch
 */
export function sumOverRanks(own: readonly PassSum[], passes: number, { group, reduction }: StepRanks): PassSum {
  const sum = reduction === 'fast' ? fastSum : orderedSum;
  const [first] = own;
  const flat = own.map(({ gradient }) => tf.reshape(gradient, [-1]));
  const count = flat[0]!.size;
  const parts: tf.Tensor[] = [];
  for (let at = 0; at < count; at += bucketNumbers) {
    const bucket = flat.map((one) => tf.slice(one, at, Math.min(bucketNumbers, count - at)));
    parts.push(sum(bucket, passes, group, 2 * parts.length));
  }
  const losses = own.map(({ loss }) => tf.reshape(loss, [1]));
  const loss = sum(losses, passes, group, 2 * parts.length);
  return { loss: tf.reshape(loss, []), gradient: tf.reshape(tf.concat(parts), first!.gradient.shape) };
}

/** A number stands for one kind of exchange: a process that uses both reductions must not share them. */
const firstFastInstance = 500_000;

/** @param own float32[C] of each of this rank's stretches @param instance of the first of two collectives */
function fastSum(own: readonly tf.Tensor[], _passes: number, group: Group, instance: number): tf.Tensor {
  const sum = own.reduce((a, b) => tf.add(a, b));
  return allReduce(sum, group, firstFastInstance + instance);
}

function orderedSum(own: readonly tf.Tensor[], passes: number, group: Group, instance: number): tf.Tensor {
  const { ranks } = group;
  const stretches = Array.from({ length: ranks }, (_, rank) => wholeStretches(passes, passesOf(rank, ranks, passes)));
  // Where ranks can add different numbers of stretches, the others send zeros that nobody reads.
  const rows = Math.max(...stretches.map(({ length }) => length));
  const count = own[0]!.size;
  const share = Math.ceil(count / ranks);
  const padded = own.map((one) => tf.reshape(padTo(one, ranks * share), [ranks, 1, share]));
  while (padded.length < rows) padded.push(tf.zeros([ranks, 1, share]));
  const exchanged = allToAll(padded.length === 1 ? padded[0]! : tf.concat(padded, 1), group, instance);
  const known = new Map<string, tf.Tensor>();
  for (const [rank, list] of stretches.entries())
    for (const [row, stretch] of list.entries())
      known.set(keyOf(stretch), tf.reshape(tf.slice(exchanged, [rank, row, 0], [1, 1, share]), [share]));
  const part = sumInTree({ first: 0, end: passes }, (stretch) => known.get(keyOf(stretch)), tf.add);
  return tf.slice(allGather(part, group, instance + 1), 0, count);
}

function keyOf({ first, end }: Stretch): string {
  return `${first}-${end}`;
}

function padTo(x: tf.Tensor, count: number): tf.Tensor {
  return x.size === count ? x : tf.pad(x, [[0, count - x.size]]);
}
