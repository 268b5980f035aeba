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
import type { NetworkKind } from '../kind.ts';
import { ncsnppNetworkOf } from '../../networks/network-config.ts';

export const kind: NetworkKind = { needsEngine: true, produce: (reference) => runNcsnpp(reference) };

/** Shared with the kind `ncsnpp-dropout`, which gives the masks. */
export function runNcsnpp(reference: ConformanceCase, dropout?: Dropout): Named {
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
