/**
 * @file Kind `adm`: ADM U-Net against the authors' PyTorch code.
 *
 * Compared are the forward pass, activations and vector-Jacobian products.
 */
import * as tf from '@tensorflow/tfjs-core';
import { admArchitecture } from '../../../network/adm/modules.ts';
import { admParameters } from '../../../network/adm/parameters.ts';
import { adm } from '../../../network/adm/forward.ts';
import type { ConformanceCase } from '../../case.ts';
import { inGroupNormForms, type GroupNormForm } from '../../networks/group-norm-forms.ts';
import type { NetworkKind } from '../kind.ts';
import { differentiate, inPackOrder, inputTensor, torchLayout, type Named } from '../../networks/network-case.ts';
import { admNetworkOf } from '../../networks/network-config.ts';

export const kind: NetworkKind = {
  needsEngine: true,
  partsOf: (reference) => inGroupNormForms((form) => produce(reference, form)),
};

function produce(reference: ConformanceCase, form: GroupNormForm): Named {
  const architecture = admArchitecture(admNetworkOf(reference));
  const noise = inputTensor(reference, 'timesteps');
  const labels = architecture.classes === null ? null : inputTensor(reference, 'y');
  const seen = new Map<string, tf.Tensor>();
  const observe = (name: string, output: tf.Tensor): void => {
    seen.set(name, tf.keep(tf.clone(output)));
  };
  const produced = differentiate(
    reference,
    admParameters(architecture),
    (parameters, x) => adm(architecture, { parameters, observe, ...form }, x, noise, labels),
    torchLayout,
  );
  for (const [name, output] of seen) {
    produced.set(`activation/${name}`, inPackOrder(output, torchLayout.imageAxes));
    output.dispose();
  }
  return produced;
}
