/**
 * @file Kind `ncsnpp`: NCSN++ against the authors' JAX code.
 *
 * Compared are the forward pass, activations and vector-Jacobian products.
 */
import * as tf from '@tensorflow/tfjs-core';
import { ncsnppArchitecture } from '../../../network/ncsnpp/modules.ts';
import { ncsnppParameters } from '../../../network/ncsnpp/parameters.ts';
import { ncsnpp } from '../../../network/ncsnpp/forward.ts';
import type { Dropout } from '../../../network/dropout.ts';
import type { ConformanceCase } from '../../case.ts';
import { differentiate, inputTensor, type Named } from '../../networks/network-case.ts';
import { inGroupNormForms, type GroupNormForm } from '../../networks/group-norm-forms.ts';
import type { NetworkKind, TensorPart } from '../kind.ts';
import { ncsnppNetworkOf } from '../../networks/network-config.ts';

export const kind: NetworkKind = { needsEngine: true, partsOf: (reference) => ncsnppParts(reference) };

/** Shared with the kind `ncsnpp-dropout`, which gives the masks. */
export function ncsnppParts(reference: ConformanceCase, dropout?: Dropout): TensorPart[] {
  return inGroupNormForms((form) => runNcsnpp(reference, form, dropout));
}

function runNcsnpp(reference: ConformanceCase, form: GroupNormForm, dropout?: Dropout): Named {
  const { network, fourierScale } = ncsnppNetworkOf(reference);
  const architecture = ncsnppArchitecture(network);
  const declared = ncsnppParameters(architecture, fourierScale);
  const noise = inputTensor(reference, 'time_cond');
  const seen = new Map<string, tf.Tensor>();
  const produced = differentiate(reference, declared, (values, x) =>
    ncsnpp(
      architecture,
      {
        parameters: values,
        ...(dropout ? { dropout } : {}),
        ...form,
        observe: (name, output) => seen.set(name, tf.keep(tf.clone(output))),
      },
      x,
      noise,
    ),
  );
  for (const [name, output] of seen) {
    produced.set(`activation/${name}`, output.dataSync());
    output.dispose();
  }
  return produced;
}
