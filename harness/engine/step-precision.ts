/** @file Marks the parts of a network that follow the precision of the step; all else stays in float32. */
import * as tf from '@tensorflow/tfjs-core';

let depth = 0;

/**
 * Runs f in the precision of the step, forward and backward, compiled and op by op; outside, every operation is in float32.
 *
 * For the branches of residual and attention blocks, which hold nearly all multiply-adds. What tells noise levels apart (the embedding, the
 * first and the last convolution, the path past the blocks) and what makes the loss of two images (LPIPS) is not marked.
 * TensorFloat-32 is a setting of the whole device and knows no marks.
 */
export function inStepPrecision<T>(f: () => T): T {
  // Null while nothing is recorded, which the type of TensorFlow.js leaves out.
  const tape = tf.engine().state.activeTape as Tape | null;
  const recorded = tape?.length ?? 0;
  const result = marked(f);
  // Gradients run after f has returned: each carries the mark of the operation that it belongs to.
  for (const node of tape?.slice(recorded) ?? []) {
    const { gradient } = node;
    if (!gradient) continue;
    node.gradient = (dys) => {
      const parts = marked(() => gradient(dys));
      return Object.fromEntries(Object.entries(parts).map(([input, part]) => [input, () => marked(part)]));
    };
  }
  return result;
}

type Tape = ReturnType<typeof tf.engine>['state']['activeTape'];

/** Whether what runs now follows the precision of the step. */
export function followsStepPrecision(): boolean {
  return depth > 0;
}

function marked<T>(f: () => T): T {
  depth += 1;
  try {
    return f();
  } finally {
    depth -= 1;
  }
}
