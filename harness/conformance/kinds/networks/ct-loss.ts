/** @file Kind `ct-loss`: loss of consistency training, per image and mean, and its parameter gradient. */
import { isRecord } from '../../../core/record.ts';
import * as tf from '@tensorflow/tfjs-core';
import { ncsnppArchitecture } from '../../../network/ncsnpp/modules.ts';
import { ncsnppParameters } from '../../../network/ncsnpp/parameters.ts';
import type { Parameter } from '../../../network/parameter.ts';
import { DataError } from '../../../core/errors.ts';
import { toFloat64 } from '../../../formats/safetensors.ts';
import { noiseLevels } from '../../../method/levels.ts';
import { consistencyScalings, noiseConditioning } from '../../../method/precondition.ts';
import { intervalWeights } from '../../../method/weighting.ts';
import type { ImageScalings, NoiseNetwork } from '../../../network/consistency.ts';
import { ncsnpp } from '../../../network/ncsnpp/forward.ts';
import type { Parameters } from '../../../network/flat.ts';
import type { Levels } from '../../../recipe/types.ts';
import { openDistance } from '../../../run/cell/distance.ts';
import { silence } from '../../../system/progress.ts';
import { consistencyLoss, type ImageLevels } from '../../../train/loss.ts';
import { configNumber, tensorOf, type ConformanceCase } from '../../case.ts';
import { distanceOf, levelsOf } from '../../networks/method-config.ts';
import type { NetworkKind } from '../kind.ts';
import { inputTensor, parameterTensors, type Named } from '../../networks/network-case.ts';
import { ncsnppNetworkOf } from '../../networks/network-config.ts';
import { pixelNetwork, pixelParameters } from '../../networks/pixel-network.ts';

export const kind: NetworkKind = { needsEngine: true, produce };

interface LossNetwork {
  readonly declared: readonly Parameter[];
  readonly network: (parameters: Parameters) => NoiseNetwork;
}

async function produce(reference: ConformanceCase): Promise<Named> {
  const { declared, network } = networkOf(reference);
  const parameters = parameterTensors(reference, declared);
  const separate = [...reference.tensors.keys()].some((name) => name.startsWith('teacher/params/'));
  const teacher = separate ? parameterTensors(reference, declared, { prefix: 'teacher/params/' }) : parameters;
  const images = inputTensor(reference, 'x');
  const noise = inputTensor(reference, 'z');
  const levels = imageLevelsOf(reference);
  const method = { distance: distanceOf(reference, images.size / images.shape[0]) };
  const distance = await openDistance({ recipe: { method } }, silence);
  const produced: Named = new Map();
  const pass = tf.valueAndGrads((...values: tf.Tensor[]) => {
    const own = Object.fromEntries(declared.map(({ name }, i) => [name, values[i]!]));
    // Without weights of its own the teacher is the student: what stops the gradient is the loss, not this kind.
    const teacherNetwork = network(separate ? teacher : own);
    const result = consistencyLoss({ images, noise, levels, student: network(own), teacher: teacherNetwork, distance });
    produced.set('loss', result.loss.dataSync());
    produced.set('metricPerSample', result.distancePerImage.dataSync());
    produced.set('lossPerSample', tf.mul(result.distancePerImage, levels.lambda).dataSync());
    produced.set('student', result.student.dataSync());
    produced.set('teacher', result.teacher.dataSync());
    return result.loss as tf.Scalar;
  });
  tf.tidy(() => {
    const { grads } = pass(declared.map(({ name }) => parameters[name]!));
    declared.forEach(({ name }, i) => produced.set(`grad/params/${name}`, grads[i]!.dataSync()));
  });
  return produced;
}

function networkOf(reference: ConformanceCase): LossNetwork {
  const described = reference.config.network;
  if (!isRecord(described)) return { declared: pixelParameters(reference), network: pixelNetwork };
  if (described.network !== 'ncsnpp') {
    throw new DataError({
      where: `${reference.folder}/case.json at config.network`,
      got: described.network,
      expected: 'ncsnpp or the network of pixels',
      remedy: 'Update this project: the pack is newer',
    });
  }
  const config = { ...reference.config, model: described.model };
  const { network, fourierScale } = ncsnppNetworkOf({ ...reference, config });
  const architecture = ncsnppArchitecture(network);
  return {
    declared: ncsnppParameters(architecture, fourierScale),
    network: (parameters) => (x, noise) => ncsnpp(architecture, { parameters }, x, noise),
  };
}

/** From the interval numbers alone: the levels and weights that the pack also lists are computed here. */
function imageLevelsOf(reference: ConformanceCase): ImageLevels {
  const grid = levelsOf(reference);
  const sigma = noiseLevels(configNumber(reference, 'N'), grid);
  const weighting = reference.config.method === 'ict' ? 'inverse-gap' : 'uniform';
  const lambda = intervalWeights({ kind: weighting }, sigma);
  const intervals = Array.from(toFloat64(tensorOf(reference, 'index')), (index) => index - 1);
  const studentLevels = intervals.map((j) => sigma[j + 1]!);
  const teacherLevels = intervals.map((j) => sigma[j]!);
  return {
    sigmaStudent: tf.tensor1d(studentLevels),
    sigmaTeacher: tf.tensor1d(teacherLevels),
    lambda: tf.tensor1d(intervals.map((j) => lambda[j]!)),
    student: scalingsOf(studentLevels, grid),
    teacher: scalingsOf(teacherLevels, grid),
  };
}

function scalingsOf(sigmas: readonly number[], levels: Levels): ImageScalings {
  const scalings = sigmas.map((sigma) => consistencyScalings(sigma, levels));
  return {
    cSkip: tf.tensor1d(scalings.map(({ cSkip }) => cSkip)),
    cOut: tf.tensor1d(scalings.map(({ cOut }) => cOut)),
    cIn: tf.tensor1d(scalings.map(({ cIn }) => cIn)),
    cNoise: tf.tensor1d(sigmas.map((sigma) => noiseConditioning('ncsnpp', sigma))),
  };
}
