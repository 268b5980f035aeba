/**
 * @file Child process that tests a new addon: trains a convolution op by op and as one traced function.
 *
 * Every parameter sees the same gradient, so the error halves at each step whatever the order of summation: losses 1, 1/4, 1/16.
 */
import * as tf from '@tensorflow/tfjs-core';
import { EngineError, exitCodes } from '../../../core/errors.ts';
import { compile } from '../../compile/compile.ts';
import { loadEngine } from '../../load.ts';
import type { ProofAnswer, ProofQuestion } from './proof.ts';

const [channelsIn, channelsOut] = [4, 8];
const taps = 9 * channelsIn;

/** mean over positions and channels of (conv(ones, w) - 1)^2 at w, and w after one step that halves the error. */
function step(w: tf.Tensor): { readonly loss: tf.Tensor; readonly next: tf.Tensor } {
  const ones = tf.ones<tf.Rank.R4>([2, 8, 8, channelsIn]);
  const { value, grad } = tf.valueAndGrad((v: tf.Tensor) =>
    tf.mean(tf.square(tf.sub(tf.conv2d(ones, v as tf.Tensor4D, 1, 'valid'), 1))),
  )(w);
  const rate = channelsOut / (4 * taps);
  return { loss: value, next: tf.sub(w, tf.mul(grad, rate)) };
}

function train(run: typeof step): number[] {
  let w: tf.Tensor = tf.zeros([3, 3, channelsIn, channelsOut]);
  return [0, 1, 2].map(() => {
    const { loss, next } = run(w);
    w = next;
    return loss.dataSync()[0]!;
  });
}

function answer({ addon, device }: ProofQuestion): ProofAnswer {
  try {
    const engine = loadEngine({ addon, device, tf32: false, threads: 1 });
    const traced = compile(step);
    const proof = {
      tensorflowVersion: engine.tensorflowVersion,
      device: engine.device,
      devices: [...engine.devices],
      eagerLosses: train(step),
      tracedLosses: train(traced),
      nodeVersion: process.version,
    };
    return { kind: 'proof', proof };
  } catch (thrown) {
    if (!(thrown instanceof Error)) throw thrown;
    const unused = thrown instanceof EngineError && thrown.exitCode === exitCodes.noDevice;
    return unused ? { kind: 'gpu-unused' } : { kind: 'failed', message: thrown.message };
  }
}

process.stdout.write(`\n${JSON.stringify(answer(JSON.parse(process.argv[2]!) as ProofQuestion))}\n`);
