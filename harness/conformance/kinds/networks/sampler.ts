/** @file Kind `sampler`: few-step sampling with given noise, with and without clipping, and quantisation. */
import * as tf from '@tensorflow/tfjs-core';
import { quantise } from '../../../formats/pixels.ts';
import { toFloat32 } from '../../../formats/safetensors.ts';
import { sampleStep, stepNumbers, stepTensor } from '../../../sample/multistep.ts';
import { configNumber, configNumbers, tensorOf, type ConformanceCase } from '../../case.ts';
import type { NetworkKind } from '../kind.ts';
import { inputTensor, parameterTensors, type Named } from '../../networks/network-case.ts';
import { pixelNetwork, pixelParameters } from '../../networks/pixel-network.ts';

export const kind: NetworkKind = {
  needsEngine: (reference) => !quantises(reference),
  produce: (reference) => (quantises(reference) ? quantised(reference) : sampled(reference)),
};

function quantises({ config }: ConformanceCase): boolean {
  return config.operation === 'quantise';
}

function quantised(reference: ConformanceCase): Named {
  const x = toFloat32(tensorOf(reference, 'x'));
  const truncated = quantise(x, 'truncate');
  // One function stands for both: their formulas give the same bytes in float32, which the packs confirm.
  return new Map([
    ['truncateImagenet', truncated],
    ['truncateCifar', truncated],
    ['round', quantise(x, 'round')],
  ]);
}

function sampled(reference: ConformanceCase): Named {
  const levels = {
    sigmaMin: configNumber(reference, 'sigmaMin'),
    sigmaMax: configNumber(reference, 'sigmaMax'),
    sigmaData: configNumber(reference, 'sigmaData'),
    rho: 7,
  };
  const network = pixelNetwork(parameterTensors(reference, pixelParameters(reference)));
  const steps = stepNumbers(configNumbers(reference, 'sigmas'), levels, 'ncsnpp');
  const z = tf.unstack(inputTensor(reference, 'z'));
  const produced: Named = new Map();
  for (const [name, clip] of [
    ['denoised', false],
    ['denoisedClipped', true],
  ] as const) {
    let xHat = tf.zerosLike(z[0]!);
    steps.forEach((numbers, j) => {
      xHat = sampleStep(network, xHat, z[j]!, stepTensor(numbers, xHat.shape[0]), clip);
      produced.set(`${name}/${j}`, xHat.dataSync());
    });
  }
  return produced;
}
