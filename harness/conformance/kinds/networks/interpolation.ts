/**
 * @file Kind `interpolation`: bilinear enlargement before VGG16 and inside the 2015 Inception graph.
 *
 * The first is compared with its gradient.
 */
import * as tf from '@tensorflow/tfjs-core';
import { DataError } from '../../../core/errors.ts';
import { halfPixelBilinear, mapAxes } from '../../../network/resample.ts';
import { configNumber, type ConformanceCase } from '../../case.ts';
import type { NetworkKind } from '../kind.ts';
import { checksum, inputTensor, type Named } from '../../networks/network-case.ts';

export const kind: NetworkKind = { needsEngine: true, produce };

function produce(reference: ConformanceCase): Named {
  const enlarge = enlargementOf(reference);
  const x = inputTensor(reference, 'x');
  const output = enlarge(x);
  const rows = tf.gather(output, inputTensor(reference, 'rowIndex'), 1);
  const produced: Named = new Map();
  produced.set('rows', rows.dataSync());
  produced.set('checksum/output', checksum(output.dataSync()));
  if (reference.tensors.has('gRow')) {
    const gradient = tf.grad((input) => tf.sum(tf.mul(enlarge(input), outputGradient(reference, output.shape[3]!))));
    produced.set('grad/x', gradient(x).dataSync());
  }
  return produced;
}

/** g[b,p,q,c] = gBatchChannel[b,c] gRow[p] gColumn[q] */
function outputGradient(reference: ConformanceCase, channels: number): tf.Tensor {
  const rows = tf.reshape(inputTensor(reference, 'gRow'), [1, -1, 1, 1]);
  const columns = tf.reshape(inputTensor(reference, 'gColumn'), [1, 1, -1, 1]);
  const images = tf.reshape(inputTensor(reference, 'gBatchChannel'), [-1, 1, 1, channels]);
  return tf.mul(tf.mul(images, rows), columns);
}

function enlargementOf(reference: ConformanceCase): (x: tf.Tensor) => tf.Tensor {
  const from = configNumber(reference, 'from');
  const to = configNumber(reference, 'to');
  const convention = String(reference.config.convention);
  if (convention.startsWith('half-pixel')) return (x) => mapAxes(x, halfPixelBilinear(from, to));
  // The operation that the graph itself holds; it is never differentiated.
  if (convention.startsWith('TF1')) return (x) => tf.image.resizeBilinear(x as tf.Tensor4D, [to, to], false, false);
  throw new DataError({
    where: `${reference.folder}/case.json at config.convention`,
    got: convention,
    expected: 'half-pixel centres or TF1 legacy',
    remedy: 'Update this project: the pack is newer',
  });
}
