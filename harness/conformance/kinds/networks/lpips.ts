/**
 * @file Kind `lpips`: LPIPS on a narrow VGG16 with given weights, against piq, lpips and jcm.
 *
 * Compared are the distance, its layers and its gradient.
 */
import * as tf from '@tensorflow/tfjs-core';
import { vgg16Groups } from '../../../network/features/vgg16/modules.ts';
import { vgg16Parameters } from '../../../network/features/vgg16/parameters.ts';
import { DataError } from '../../../core/errors.ts';
import type { VggPooling } from '../../../network/features/vgg16/forward.ts';
import { lpipsDistance, lpipsLayers } from '../../../train/distance/lpips.ts';
import { configNumber, type ConformanceCase } from '../../case.ts';
import type { NetworkKind } from '../kind.ts';
import {
  inPackOrder,
  inputImages,
  inputTensor,
  parameterTensors,
  torchLayout,
  type Named,
} from '../../networks/network-case.ts';

export const kind: NetworkKind = { needsEngine: true, produce };

function produce(reference: ConformanceCase): Named {
  const groups = vgg16Groups(configNumber(reference, 'widthDivisor'));
  const options = {
    groups,
    vgg: parameterTensors(reference, vgg16Parameters(groups), { layout: torchLayout, except: /^lin\d$/ }),
    linear: groups.map((_, l) => inputTensor(reference, `params/lin${l}`)),
    pooling: poolingOf(reference),
    resizeTo: configNumber(reference, 'resizeTo'),
  };
  const distance = lpipsDistance(options);
  const x = inputImages(reference, 'x', torchLayout);
  const y = inputImages(reference, 'y', torchLayout);
  const g = inputTensor(reference, 'g');
  return tf.tidy(() => {
    const gradient = tf.grad((images) => tf.sum(tf.mul(distance(images, y), g)));
    return new Map([
      ['distance', distance(x, y).dataSync()],
      ['layers', lpipsLayers(options, x, y).dataSync()],
      ['grad/x', inPackOrder(gradient(x), torchLayout.imageAxes)],
    ]) as unknown as tf.TensorContainer;
  }) as unknown as Named;
}

function poolingOf(reference: ConformanceCase): VggPooling {
  const { pooling } = reference.config;
  if (pooling === 'max') return 'max';
  if (pooling === 'avg') return 'average';
  throw new DataError({
    where: `${reference.folder}/case.json at config.pooling`,
    got: pooling,
    expected: 'max or avg',
    remedy: 'Update this project: the pack is newer',
  });
}
