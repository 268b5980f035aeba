/**
 * @file Kind `full-size`: one forward pass of a network of the published size.
 *
 * A rule gives its weights, no file.
 */
import { isRecord } from '../../../core/record.ts';
import * as tf from '@tensorflow/tfjs-core';
import { admArchitecture } from '../../../network/adm/modules.ts';
import { admParameters } from '../../../network/adm/parameters.ts';
import { ncsnppArchitecture } from '../../../network/ncsnpp/modules.ts';
import { ncsnppParameters } from '../../../network/ncsnpp/parameters.ts';
import { sizeOf, type Parameter } from '../../../network/parameter.ts';
import { adm } from '../../../network/adm/forward.ts';
import { ncsnpp } from '../../../network/ncsnpp/forward.ts';
import type { Parameters } from '../../../network/flat.ts';
import { configNumber, MalformedCaseError, type ConformanceCase } from '../../case.ts';
import { hashWeights, type Spread } from '../../networks/hash-weights.ts';
import type { NetworkKind } from '../kind.ts';
import {
  flaxLayout,
  inOrder,
  inPackOrder,
  inputImages,
  inputTensor,
  torchLayout,
  type Named,
  type PackLayout,
} from '../../networks/network-case.ts';
import { admNetworkOf, ncsnppNetworkOf } from '../../networks/network-config.ts';

/** How the weights of a network follow the rule of the packs. */
interface WeightRule {
  readonly layout: PackLayout;
  /** In front of a parameter's name where it is hashed. */
  readonly prefix: string;
  /** @param shape in the layout of the pack */
  readonly spread: (name: string, shape: readonly number[]) => Spread;
}

export const kind: NetworkKind = { needsEngine: true, produce };

function produce(reference: ConformanceCase): Named {
  let output: Float32Array = new Float32Array();
  tf.tidy(() => {
    output = reference.config.network === 'adm' ? runAdm(reference) : runNcsnpp(reference);
  });
  return new Map([['output', output]]);
}

function runAdm(reference: ConformanceCase): Float32Array {
  const architecture = admArchitecture(admNetworkOf(reference));
  const parameters = ruledParameters(reference, admParameters(architecture), {
    layout: torchLayout,
    prefix: '',
    spread: (name, shape) =>
      shape.length > 1
        ? { base: 0, amplitude: Math.sqrt(3 / sizeOf(shape.slice(1))) }
        : { base: name.endsWith('.weight') ? 1 : 0, amplitude: 0.1 },
  });
  const labels = architecture.classes === null ? null : inputTensor(reference, 'y');
  const x = inputImages(reference, 'x', torchLayout);
  const output = adm(architecture, { parameters }, x, inputTensor(reference, 'timesteps'), labels);
  return inPackOrder(output, torchLayout.imageAxes);
}

function runNcsnpp(reference: ConformanceCase): Float32Array {
  const { network, fourierScale } = ncsnppNetworkOf(reference);
  const architecture = ncsnppArchitecture(network);
  const parameters = ruledParameters(reference, ncsnppParameters(architecture, fourierScale), {
    layout: flaxLayout,
    prefix: 'params/',
    spread: (name, shape) => {
      if (name.endsWith('GaussianFourierProjection_0/W')) return { base: 0, amplitude: fourierScale };
      if (shape.length > 1) return { base: 0, amplitude: Math.sqrt(3 / sizeOf(shape.slice(0, -1))) };
      return { base: name.endsWith('/scale') ? 1 : 0, amplitude: 0.1 };
    },
  });
  const x = inputImages(reference, 'x', flaxLayout);
  return inPackOrder(ncsnpp(architecture, { parameters }, x, inputTensor(reference, 'time_cond')), null);
}

function ruledParameters(
  reference: ConformanceCase,
  declared: readonly Parameter[],
  { layout, prefix, spread }: WeightRule,
): Parameters {
  const seed = configNumber(reference, 'seed');
  return Object.fromEntries(
    declared.map((parameter) => {
      const axes = layout.parameterAxes(parameter);
      const shape = parameter.shape.map((size, i) => (axes ? parameter.shape[axes.indexOf(i)]! : size));
      const name = prefix + parameter.name;
      const values = hashWeights(name, seed, sizeOf(shape), spread(name, shape));
      requireSample(reference, name, values);
      return [parameter.name, tf.tidy(() => inOrder(tf.tensor(values, shape), axes))];
    }),
  );
}

/** The pack shows the first values of a few tensors: another rule would otherwise look like a wrong network. */
function requireSample(reference: ConformanceCase, name: string, values: Float32Array): void {
  const samples = reference.config.weightSample;
  const sample = isRecord(samples) ? samples[name] : undefined;
  if (!Array.isArray(sample) || sample.every((value, i) => value === values[i])) return;
  throw new MalformedCaseError({
    where: `${reference.folder}/case.json at config.weightSample, ${name}`,
    got: sample,
    expected: `${[...values.subarray(0, sample.length)].join(', ')} by the rule that this project knows`,
    remedy: 'Update this project: the pack follows another rule',
  });
}
