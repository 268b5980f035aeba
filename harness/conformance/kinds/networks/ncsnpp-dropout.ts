/**
 * @file Kind `ncsnpp-dropout`: NCSN++ in training mode with given dropout masks.
 *
 * There is one mask per residual block, in forward order.
 */
import { isRecord } from '../../../core/record.ts';
import * as tf from '@tensorflow/tfjs-core';
import type { Dropout } from '../../../network/dropout.ts';
import { DataError } from '../../../core/errors.ts';
import { type ConformanceCase } from '../../case.ts';
import type { NetworkKind } from '../kind.ts';
import { inputTensor } from '../../networks/network-case.ts';
import { numberAt } from '../../networks/network-config.ts';
import { ncsnppParts } from './ncsnpp.ts';

export const kind: NetworkKind = {
  needsEngine: true,
  partsOf: (reference) => ncsnppParts(reference, givenMasks(reference)),
};

function givenMasks(reference: ConformanceCase): Dropout {
  const { model } = reference.config;
  const where = `${reference.folder}/case.json, config.model`;
  if (!isRecord(model)) {
    throw new DataError({ where, got: model, expected: 'the network', remedy: 'Fetch the pack again' });
  }
  const rate = numberAt(where, model, 'dropout');
  return {
    drop: (block, features) => {
      const kept = inputTensor(reference, `mask/ResnetBlockBigGANpp_${block}`);
      return tf.mul(features, tf.mul(kept, 1 / (1 - rate)));
    },
  };
}
