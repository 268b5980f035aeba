/** @file The work of the ADM U-Net, module by module. */
import type { AdmNetwork } from '../recipe/types.ts';
import { attentionPart, convolution, dense, type Part } from './network-parts.ts';

/** A part with its parameters, which for this network are counted along the way. */
export interface CountedPart extends Part {
  readonly parameters: number;
  readonly tensors: number;
}

/**
 * Every module of the network in forward order.
 * Source: openai/consistency_models `cm/unet.py` 518-790; Dhariwal & Nichol 2021 (arXiv:2105.05233), section 3.
 */
export function admParts(network: AdmNetwork): CountedPart[] {
  const { baseChannels, channelMultipliers, blocksPerLevel, attentionResolutions, resolution } = network;
  const embedding = 4 * baseChannels;
  const parts: CountedPart[] = [embeddingPart(network, embedding), convolutionPart(3, baseChannels, resolution)];
  const skips = [baseChannels];
  let channels = baseChannels;
  let width = resolution;

  const residual = (outChannels: number, outWidth = width): void => {
    parts.push(residualPart(network, embedding, channels, outChannels, outWidth));
    channels = outChannels;
    width = outWidth;
  };
  const attend = (): void => {
    if (attentionResolutions.includes(width)) parts.push(admAttentionPart(channels, width, network.headChannels));
  };

  for (const [level, multiplier] of channelMultipliers.entries()) {
    for (let i = 0; i < blocksPerLevel; i++) {
      residual(baseChannels * multiplier);
      attend();
      skips.push(channels);
    }
    if (level === channelMultipliers.length - 1) continue;
    residual(channels, width / 2);
    skips.push(channels);
  }

  residual(channels);
  parts.push(admAttentionPart(channels, width, network.headChannels));
  residual(channels);

  for (const [level, multiplier] of [...channelMultipliers.entries()].reverse()) {
    for (let i = 0; i <= blocksPerLevel; i++) {
      channels += skips.pop()!;
      residual(baseChannels * multiplier);
      attend();
    }
    if (level > 0) residual(channels, width * 2);
  }
  parts.push(normalisationPart(channels), convolutionPart(channels, 3, resolution));
  return parts;
}

/** Two layers on the sinusoids; the label's embedding is a look-up and no product. */
function embeddingPart({ baseChannels, classes }: AdmNetwork, embedding: number): CountedPart {
  const weights = dense(baseChannels, embedding) + dense(embedding, embedding);
  const labels = (classes ?? 0) * embedding;
  return {
    kind: 'other',
    macs: weights,
    outputs: 0,
    parameters: weights + 2 * embedding + labels,
    tensors: classes === null ? 4 : 5,
  };
}

function convolutionPart(inChannels: number, outChannels: number, width: number): CountedPart {
  return {
    kind: 'other',
    macs: convolution(3, inChannels, outChannels, width),
    outputs: outChannels * width ** 2,
    parameters: 9 * inChannels * outChannels + outChannels,
    tensors: 2,
  };
}

function normalisationPart(channels: number): CountedPart {
  return { kind: 'other', macs: 0, outputs: 0, parameters: 2 * channels, tensors: 2 };
}

/** Both convolutions run at the output width; with scale and shift the embedding yields two numbers per channel. */
function residualPart(
  { scaleShiftNorm }: AdmNetwork,
  embedding: number,
  inChannels: number,
  outChannels: number,
  outWidth: number,
): CountedPart {
  const conditioning = scaleShiftNorm ? 2 * outChannels : outChannels;
  const projected = inChannels !== outChannels;
  return {
    kind: 'residual',
    macs:
      convolution(3, inChannels, outChannels, outWidth) +
      convolution(3, outChannels, outChannels, outWidth) +
      dense(embedding, conditioning) +
      (projected ? convolution(1, inChannels, outChannels, outWidth) : 0),
    outputs: 2 * outChannels * outWidth ** 2,
    parameters:
      2 * (inChannels + outChannels) +
      9 * outChannels * (inChannels + outChannels) +
      2 * outChannels +
      (embedding + 1) * conditioning +
      (projected ? (inChannels + 1) * outChannels : 0),
    tensors: projected ? 12 : 10,
  };
}

function admAttentionPart(channels: number, width: number, headChannels: number): CountedPart {
  return {
    ...attentionPart(channels, width, channels / headChannels),
    parameters: 2 * channels + 4 * channels ** 2 + 4 * channels,
    tensors: 6,
  };
}
