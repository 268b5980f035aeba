/** @file Converts the authors' configuration keys, as packs hold them, to this project's networks. */
import { isRecord } from '../../core/record.ts';
import { DataError } from '../../core/errors.ts';
import type { AdmNetwork, NcsnppNetwork } from '../../recipe/types.ts';
import { type ConformanceCase } from '../case.ts';

/** `config.model` of a pack made by openai/consistency_models_cifar10. */
export function ncsnppNetworkOf(reference: ConformanceCase): { network: NcsnppNetwork; fourierScale: number } {
  const model = modelOf(reference);
  const where = `${reference.folder}/case.json, config.model`;
  requirePublished(where, model, {
    resblock_type: 'biggan',
    progressive: 'none',
    progressive_input: 'residual',
    skip_rescale: true,
    fir: true,
  });
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

/** `config.model` of a pack made by openai/consistency_models. */
export function admNetworkOf(reference: ConformanceCase): AdmNetwork {
  const model = modelOf(reference);
  const where = `${reference.folder}/case.json, config.model`;
  requirePublished(where, model, { resblock_updown: true, dropout: 0 });
  const resolution =
    model.image_size === undefined
      ? numberAt(where, reference.config, 'imageSize')
      : numberAt(where, model, 'image_size');
  const factors = numbersAt(where, model, model.attention_ds === undefined ? 'attention_resolutions' : 'attention_ds');
  const classes = model.num_classes;
  return {
    kind: 'adm',
    resolution,
    baseChannels: numberAt(where, model, 'model_channels'),
    channelMultipliers: numbersAt(where, model, 'channel_mult'),
    blocksPerLevel: numberAt(where, model, 'num_res_blocks'),
    // The authors list factors of downsampling.
    attentionResolutions: factors.map((factor) => resolution / factor),
    headChannels: numberAt(where, model, 'num_head_channels'),
    scaleShiftNorm: model.use_scale_shift_norm === true,
    qkvNorm: false,
    dropoutBy: 'feature-map',
    classes: typeof classes === 'number' ? classes : null,
  };
}

function modelOf(reference: ConformanceCase): Readonly<Record<string, unknown>> {
  const { model } = reference.config;
  if (isRecord(model)) return model;
  throw new DataError({
    where: `${reference.folder}/case.json`,
    got: model,
    expected: 'the network under config.model',
    remedy: 'Fetch the pack again',
  });
}

/** Keys that choose another network family than the published one, where the pack has them. */
function requirePublished(
  where: string,
  model: Readonly<Record<string, unknown>>,
  published: Readonly<Record<string, unknown>>,
): void {
  for (const [key, value] of Object.entries(published)) {
    if (model[key] === undefined || model[key] === value) continue;
    throw new DataError({
      where: `${where}.${key}`,
      got: model[key],
      expected: `${String(value)}, the published network`,
      remedy: 'Use packs of the published network family',
    });
  }
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
