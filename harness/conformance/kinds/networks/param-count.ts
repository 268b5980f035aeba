/** @file Kind `param-count`: parameter and tensor counts of networks against the authors' constructors. */
import { isRecord } from '../../../core/record.ts';
import { DataError } from '../../../core/errors.ts';
import { countNetwork } from '../../../network/count.ts';
import type { Network } from '../../../recipe/types.ts';
import { type ConformanceCase } from '../../case.ts';
import type { ProducedTensors } from '../../judge/judge-tensors.ts';
import type { NetworkKind } from '../kind.ts';
import { numberAt, numbersAt } from '../../networks/network-config.ts';

export const kind: NetworkKind = { needsEngine: false, produce };

function produce(reference: ConformanceCase): ProducedTensors {
  const { models } = reference.config;
  const produced = new Map<string, number[]>();
  for (const [name, model] of Object.entries(isRecord(models) ? models : {})) {
    const where = `${reference.folder}/case.json, config.models.${name}`;
    const { parameters, tensors } = countNetwork(
      networkOf(where, isRecord(model) && isRecord(model.config) ? model.config : {}),
    );
    produced.set(`parameters/${name}`, [parameters]);
    produced.set(`tensors/${name}`, [tensors]);
  }
  return produced;
}

function networkOf(where: string, config: Readonly<Record<string, unknown>>): Network {
  const number = (key: string): number => numberAt(where, config, key);
  if ('nf' in config) {
    return {
      kind: 'ncsnpp',
      resolution: number('image_size'),
      baseChannels: number('nf'),
      channelMultipliers: numbersAt(where, config, 'ch_mult'),
      blocksPerLevel: number('num_res_blocks'),
      attentionResolutions: numbersAt(where, config, 'attn_resolutions'),
    };
  }
  if ('num_channels' in config && config.resblock_updown !== false) {
    return {
      kind: 'adm',
      resolution: number('image_size'),
      baseChannels: number('num_channels'),
      channelMultipliers: numbersAt(where, config, 'channel_mult'),
      blocksPerLevel: number('num_res_blocks'),
      attentionResolutions: resolutionList(config.attention_resolutions),
      headChannels: number('num_head_channels'),
      scaleShiftNorm: config.use_scale_shift_norm === true,
      qkvNorm: false,
      dropoutBy: 'feature-map',
      classes: typeof config.num_classes === 'number' ? config.num_classes : null,
    };
  }
  throw new DataError({
    where,
    got: Object.keys(config),
    expected: 'a network with the key nf (NCSN++) or num_channels and resblock_updown (ADM)',
    remedy: 'Use packs of the published network families',
  });
}

/** The authors write `"32,16,8"`. */
function resolutionList(value: unknown): number[] {
  return String(value)
    .split(',')
    .filter((text) => text.trim() !== '')
    .map(Number);
}
