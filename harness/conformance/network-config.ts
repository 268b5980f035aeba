/** @file The authors' configuration keys, as they stand in the packs, turned into this project's networks. */
import { DataError } from '../core/errors.ts';
import type { NcsnppNetwork } from '../recipe/types.ts';
import { isRecord, type ConformanceCase } from './case.ts';

/** `config.model` of a pack made by openai/consistency_models_cifar10. */
export function ncsnppNetworkOf(reference: ConformanceCase): { network: NcsnppNetwork; fourierScale: number } {
  const model = reference.config.model;
  const where = `${reference.folder}/case.json`;
  if (!isRecord(model)) {
    throw new DataError({
      where,
      got: model,
      expected: 'the network under config.model',
      remedy: 'Fetch the pack again',
    });
  }
  const fixed = {
    resblock_type: 'biggan',
    progressive: 'none',
    progressive_input: 'residual',
    skip_rescale: true,
    fir: true,
  };
  for (const [key, value] of Object.entries(fixed)) {
    if (model[key] !== value) {
      throw new DataError({
        where: `${where}, config.model.${key}`,
        got: model[key],
        expected: `${String(value)}, the published network`,
        remedy: 'Use packs of the published network family',
      });
    }
  }
  return {
    network: {
      kind: 'ncsnpp',
      resolution: numberAt(where, reference.config, 'imageSize'),
      baseChannels: numberAt(where, model, 'nf'),
      channelMultipliers: numbersAt(where, model, 'ch_mult'),
      blocksPerLevel: numberAt(where, model, 'num_res_blocks'),
      attentionResolutions: numbersAt(where, model, 'attn_resolutions'),
    },
    fourierScale: numberAt(where, model, 'fourier_scale'),
  };
}

export function numberAt(where: string, record: Readonly<Record<string, unknown>>, key: string): number {
  const value = record[key];
  if (typeof value === 'number') return value;
  throw new DataError({ where: `${where}, ${key}`, got: value, expected: 'a number', remedy: 'Fetch the pack again' });
}

export function numbersAt(where: string, record: Readonly<Record<string, unknown>>, key: string): number[] {
  const value = record[key];
  if (Array.isArray(value) && value.every((v) => typeof v === 'number')) return value;
  throw new DataError({
    where: `${where}, ${key}`,
    got: value,
    expected: 'a list of numbers',
    remedy: 'Fetch the pack again',
  });
}
