/**
 * @file Architecture of NCSN++: modules in forward order, named as in the authors' checkpoints.
 *
 * Source: openai/consistency_models_cifar10 `jcm/models/ncsnpp.py`, `layerspp.py`; Song et al. 2021 (arXiv:2011.13456), appendix H.
 */
import type { NcsnppNetwork } from '../../recipe/types.ts';

/** A residual block: GroupNorm, swish, [resampling], 3x3, + embedding, GroupNorm, swish, dropout, 3x3; (skip + h) / sqrt(2). */
export interface BlockModule {
  readonly name: string;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly resample: 'none' | 'down' | 'up';
  /** Width of the input feature map. */
  readonly resolution: number;
  /** Whether the skip path is projected by a 1x1 convolution. */
  readonly projected: boolean;
}

export interface AttentionModule {
  readonly name: string;
  readonly channels: number;
  readonly resolution: number;
}

/** The residual input pyramid: FIR, then a 3x3 convolution of stride 2 of the previous level's pyramid. */
export interface PyramidModule {
  readonly name: string;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly resolution: number;
}

/** One encoder step; its result is pushed as a skip connection. */
interface EncoderStep {
  readonly block: BlockModule;
  readonly attention: AttentionModule | null;
  readonly pyramid: PyramidModule | null;
}

/** One decoder step; `concatenates`: the newest skip connection is joined to the input first. */
interface DecoderStep {
  readonly block: BlockModule;
  readonly concatenates: boolean;
  readonly attention: AttentionModule | null;
}

export interface NcsnppArchitecture {
  readonly kind: 'ncsnpp';
  readonly imageChannels: number;
  readonly resolution: number;
  readonly baseChannels: number;
  /** Width of the noise embedding: 4 x baseChannels. */
  readonly embeddingChannels: number;
  readonly encoder: readonly EncoderStep[];
  readonly middle: { readonly first: BlockModule; readonly attention: AttentionModule; readonly second: BlockModule };
  readonly decoder: readonly DecoderStep[];
  readonly outputChannels: number;
}

/** The modules of a network, numbered as the checkpoints number them: per class, in forward order. */
export function ncsnppArchitecture(network: NcsnppNetwork): NcsnppArchitecture {
  const { baseChannels, channelMultipliers, blocksPerLevel, attentionResolutions, resolution } = network;
  const numbered = new Map<string, number>();
  const name = (kind: string): string => {
    const number = numbered.get(kind) ?? 0;
    numbered.set(kind, number + 1);
    return `${kind}_${number}`;
  };
  const block = (
    inChannels: number,
    outChannels: number,
    at: number,
    resample: BlockModule['resample'],
  ): BlockModule => ({
    name: name('ResnetBlockBigGANpp'),
    inChannels,
    outChannels,
    resample,
    resolution: at,
    projected: inChannels !== outChannels || resample !== 'none',
  });
  const attentionAt = (channels: number, at: number): AttentionModule | null =>
    attentionResolutions.includes(at) ? { name: name('AttnBlockpp'), channels, resolution: at } : null;

  const lastLevel = channelMultipliers.length - 1;
  const encoder: EncoderStep[] = [];
  const skips = [baseChannels];
  let channels = baseChannels;
  let pyramidChannels = imageChannels;
  let width = resolution;
  for (const [level, multiplier] of channelMultipliers.entries()) {
    for (let i = 0; i < blocksPerLevel; i++) {
      const module = block(channels, baseChannels * multiplier, width, 'none');
      channels = module.outChannels;
      encoder.push({ block: module, attention: attentionAt(channels, width), pyramid: null });
      skips.push(channels);
    }
    if (level === lastLevel) continue;
    const module = block(channels, channels, width, 'down');
    const pyramid = { name: name('Downsample'), inChannels: pyramidChannels, outChannels: channels, resolution: width };
    encoder.push({ block: module, attention: null, pyramid });
    skips.push(channels);
    pyramidChannels = channels;
    width /= 2;
  }

  const first = block(channels, channels, width, 'none');
  const attention = { name: name('AttnBlockpp'), channels, resolution: width };
  const second = block(channels, channels, width, 'none');

  const decoder: DecoderStep[] = [];
  for (let level = lastLevel; level >= 0; level--) {
    for (let i = 0; i <= blocksPerLevel; i++) {
      const module = block(channels + skips.pop()!, baseChannels * channelMultipliers[level]!, width, 'none');
      channels = module.outChannels;
      // Attention stands once per level of the decoder, after its last block.
      decoder.push({
        block: module,
        concatenates: true,
        attention: i === blocksPerLevel ? attentionAt(channels, width) : null,
      });
    }
    if (level === 0) continue;
    decoder.push({ block: block(channels, channels, width, 'up'), concatenates: false, attention: null });
    width *= 2;
  }
  return {
    kind: 'ncsnpp',
    imageChannels,
    resolution,
    baseChannels,
    embeddingChannels: 4 * baseChannels,
    encoder,
    middle: { first, attention, second },
    decoder,
    outputChannels: channels,
  };
}

const imageChannels = 3;
