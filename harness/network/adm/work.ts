/** @file Multiply-adds and activations of the ADM U-Net, module by module. */
import type { AdmArchitecture, AdmBlock } from './modules.ts';
import { attentionPart, convolution, dense, type Part } from '../parts.ts';

/** Every module of the network in forward order. */
export function admParts(architecture: AdmArchitecture): Part[] {
  const { baseChannels, embeddingChannels, imageChannels, resolution } = architecture;
  const { stemChannels, outputChannels, encoder, middle, decoder } = architecture;
  // The label's embedding is a look-up and no product.
  const embedding = dense(baseChannels, embeddingChannels) + dense(embeddingChannels, embeddingChannels);
  const stem = convolution(3, imageChannels, stemChannels, resolution);
  return [
    { kind: 'other', macs: embedding + stem, outputs: stemChannels * resolution ** 2, matrices: 0 },
    ...[...encoder, middle, ...decoder].flatMap(({ modules }) =>
      modules.map((module) =>
        module.kind === 'block'
          ? blockPart(module, architecture)
          : attentionPart(module.channels, module.resolution, module.heads),
      ),
    ),
    {
      kind: 'other',
      macs: convolution(3, outputChannels, imageChannels, resolution),
      outputs: outputChannels * resolution ** 2,
      matrices: 0,
    },
  ];
}

/** Both convolutions run at the output width; with scale and shift the embedding yields two numbers per channel. */
function blockPart(
  { inChannels, outChannels, resample, resolution, projected }: AdmBlock,
  { embeddingChannels, scaleShiftNorm }: AdmArchitecture,
): Part {
  const width = { none: resolution, down: resolution / 2, up: resolution * 2 }[resample];
  return {
    kind: 'residual',
    macs:
      convolution(3, inChannels, outChannels, width) +
      convolution(3, outChannels, outChannels, width) +
      dense(embeddingChannels, scaleShiftNorm ? 2 * outChannels : outChannels) +
      (projected ? convolution(1, inChannels, outChannels, width) : 0),
    outputs: 2 * outChannels * width ** 2,
    matrices: 0,
  };
}
