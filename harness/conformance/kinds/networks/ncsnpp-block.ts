/**
 * @file Kind `ncsnpp-block`: a single residual block of NCSN++ and its gradients.
 *
 * It checks that GroupNorm has 32 groups.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { BlockModule } from '../../../network/ncsnpp/modules.ts';
import { blockParameters } from '../../../network/ncsnpp/parameters.ts';
import { ncsnppBlock } from '../../../network/ncsnpp/forward.ts';
import { configNumber, tensorOf, type ConformanceCase } from '../../case.ts';
import type { NetworkKind } from '../kind.ts';
import { checksum, inputTensor, parameterTensors, type Named } from '../../networks/network-case.ts';

export const kind: NetworkKind = { needsEngine: true, produce };

function produce(reference: ConformanceCase): Named {
  const module = moduleOf(reference);
  const name = `${module.name}/`;
  const declared = blockParameters(module, tensorOf(reference, 'temb').shape[1]!).map((parameter) => ({
    ...parameter,
    name: parameter.name.slice(name.length),
  }));
  const parameters = parameterTensors(reference, declared);
  const [x, embedding, g] = ['x', 'temb', 'g'].map((input) => inputTensor(reference, input)) as [
    tf.Tensor,
    tf.Tensor,
    tf.Tensor,
  ];
  const produced: Named = new Map();
  const pass = tf.valueAndGrads((input: tf.Tensor, temb: tf.Tensor, ...values: tf.Tensor[]) => {
    const named = Object.fromEntries(declared.map((parameter, i) => [name + parameter.name, values[i]!]));
    const output = ncsnppBlock(module, { parameters: named }, input, temb);
    produced.set('output', output.dataSync());
    return tf.sum(tf.mul(output, g));
  });
  tf.tidy(() => {
    const { grads } = pass([x, embedding, ...declared.map((parameter) => parameters[parameter.name]!)]);
    const names = ['grad/x', 'grad/temb', ...declared.map((parameter) => `grad/params/${parameter.name}`)];
    names.forEach((gradient, i) => {
      const values = grads[i]!.dataSync();
      produced.set(gradient, values);
      produced.set(`checksum/${gradient}`, checksum(values));
    });
  });
  return produced;
}

function moduleOf(reference: ConformanceCase): BlockModule {
  const { up, down } = reference.config;
  const inChannels = configNumber(reference, 'inChannels');
  const outChannels = configNumber(reference, 'outChannels');
  const resample = up === true ? 'up' : down === true ? 'down' : 'none';
  return {
    name: 'block',
    inChannels,
    outChannels,
    resample,
    resolution: configNumber(reference, 'imageSize'),
    projected: inChannels !== outChannels || resample !== 'none',
  };
}
