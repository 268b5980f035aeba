/**
 * @file Architecture of the ADM U-Net: modules in forward order, named as in the authors' checkpoints.
 *
 * Source: openai/consistency_models `cm/unet.py` (`UNetModel`); Dhariwal & Nichol 2021 (arXiv:2105.05233), section 3.
 */
import type { AdmNetwork } from '../../recipe/types.ts';

/** A residual block: GroupNorm, SiLU, [resampling], 3x3, conditioning, GroupNorm, SiLU, dropout, 3x3; skip + h. */
export interface AdmBlock {
  readonly kind: 'block';
  readonly name: string;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly resample: 'none' | 'down' | 'up';
  /** Width of the input feature map. */
  readonly resolution: number;
  /** Whether the skip path is projected by a 1x1 convolution. */
  readonly projected: boolean;
}

export interface AdmAttention {
  readonly kind: 'attention';
  readonly name: string;
  readonly channels: number;
  readonly heads: number;
  readonly resolution: number;
}

/** Modules that run one after another under one name; an encoder's result is kept for the decoder. */
export interface AdmStep {
  readonly name: string;
  readonly modules: readonly (AdmBlock | AdmAttention)[];
}

export interface AdmArchitecture {
  readonly kind: 'adm';
  readonly imageChannels: number;
  readonly resolution: number;
  readonly baseChannels: number;
  /** Width of the embedding of noise and label: 4 x baseChannels. */
  readonly embeddingChannels: number;
  readonly classes: number | null;
  readonly scaleShiftNorm: boolean;
  readonly qkvNorm: boolean;
  readonly dropoutBy: AdmNetwork['dropoutBy'];
  /** Channels after the first convolution. */
  readonly stemChannels: number;
  /** `input_blocks` after the first convolution. */
  readonly encoder: readonly AdmStep[];
  readonly middle: AdmStep;
  readonly decoder: readonly AdmStep[];
  readonly outputChannels: number;
}

const imageChannels = 3;

/** The modules of a network, named as the checkpoints name them: `<step>.<position in the step>`. */
export function admArchitecture(network: AdmNetwork): AdmArchitecture {
  const { baseChannels, channelMultipliers, blocksPerLevel, attentionResolutions, resolution, headChannels } = network;
  const block = (name: string, inChannels: number, outChannels: number, at: number, resample: AdmBlock['resample']) =>
    ({
      kind: 'block',
      name,
      inChannels,
      outChannels,
      resample,
      resolution: at,
      projected: inChannels !== outChannels,
    }) as const;
  const attend = (name: string, channels: number, at: number) =>
    ({ kind: 'attention', name, channels, heads: channels / headChannels, resolution: at }) as const;

  const lastLevel = channelMultipliers.length - 1;
  const stemChannels = baseChannels * channelMultipliers[0]!;
  const encoder: AdmStep[] = [];
  const skips = [stemChannels];
  let channels = stemChannels;
  let width = resolution;
  const encode = (outChannels: number, resample: AdmBlock['resample'], attends: boolean): void => {
    const name = `input_blocks.${encoder.length + 1}`;
    const modules: AdmStep['modules'] = [
      block(`${name}.0`, channels, outChannels, width, resample),
      ...(attends ? [attend(`${name}.1`, outChannels, width)] : []),
    ];
    encoder.push({ name, modules });
    channels = outChannels;
    skips.push(channels);
  };
  for (const [level, multiplier] of channelMultipliers.entries()) {
    for (let i = 0; i < blocksPerLevel; i++)
      encode(baseChannels * multiplier, 'none', attentionResolutions.includes(width));
    if (level === lastLevel) continue;
    encode(channels, 'down', false);
    width /= 2;
  }

  const middle: AdmStep = {
    name: 'middle_block',
    modules: [
      block('middle_block.0', channels, channels, width, 'none'),
      attend('middle_block.1', channels, width),
      block('middle_block.2', channels, channels, width, 'none'),
    ],
  };

  const decoder: AdmStep[] = [];
  for (let level = lastLevel; level >= 0; level--) {
    for (let i = 0; i <= blocksPerLevel; i++) {
      const name = `output_blocks.${decoder.length}`;
      const outChannels = baseChannels * channelMultipliers[level]!;
      const attends = attentionResolutions.includes(width);
      const modules: AdmStep['modules'] = [
        block(`${name}.0`, channels + skips.pop()!, outChannels, width, 'none'),
        ...(attends ? [attend(`${name}.1`, outChannels, width)] : []),
        // The last step of a level ends in the block that leads to the next.
        ...(level > 0 && i === blocksPerLevel
          ? [block(`${name}.${attends ? 2 : 1}`, outChannels, outChannels, width, 'up')]
          : []),
      ];
      decoder.push({ name, modules });
      channels = outChannels;
    }
    if (level > 0) width *= 2;
  }
  return {
    kind: 'adm',
    imageChannels,
    resolution,
    baseChannels,
    embeddingChannels: 4 * baseChannels,
    classes: network.classes,
    scaleShiftNorm: network.scaleShiftNorm,
    qkvNorm: network.qkvNorm,
    dropoutBy: network.dropoutBy,
    stemChannels,
    encoder,
    middle,
    decoder,
    outputChannels: channels,
  };
}
