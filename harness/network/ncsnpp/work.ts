/** @file Multiply-adds and activations of NCSN++, module by module. */
import type { BlockModule, NcsnppArchitecture, PyramidModule } from './modules.ts';
import { attentionPart, convolution, dense, firFilter, type Part } from '../parts.ts';

/** Every module of the network in forward order. */
export function ncsnppParts(architecture: NcsnppArchitecture): Part[] {
  const { baseChannels, embeddingChannels, imageChannels, outputChannels, resolution } = architecture;
  const block = (module: BlockModule): Part => blockPart(module, embeddingChannels);
  const embedding = dense(2 * baseChannels, embeddingChannels) + dense(embeddingChannels, embeddingChannels);
  const stem = convolution(3, imageChannels, baseChannels, resolution);
  const { first, attention, second } = architecture.middle;
  return [
    { kind: 'other', macs: embedding + stem, outputs: baseChannels * resolution ** 2, matrices: 0 },
    ...architecture.encoder.flatMap((step) => [
      block(step.block),
      ...(step.attention ? [attentionPart(step.attention.channels, step.attention.resolution, 1)] : []),
      ...(step.pyramid ? [pyramidPart(step.pyramid)] : []),
    ]),
    block(first),
    attentionPart(attention.channels, attention.resolution, 1),
    block(second),
    ...architecture.decoder.flatMap((step) => [
      block(step.block),
      ...(step.attention ? [attentionPart(step.attention.channels, step.attention.resolution, 1)] : []),
    ]),
    {
      kind: 'other',
      macs: convolution(3, outputChannels, imageChannels, resolution),
      outputs: outputChannels * resolution ** 2,
      matrices: 0,
    },
  ];
}

/** Both convolutions of a block run at its output width; a resampling block filters its hidden path and its skip path. */
function blockPart(
  { inChannels, outChannels, resample, resolution, projected }: BlockModule,
  embeddingChannels: number,
): Part {
  const width = resample === 'down' ? resolution / 2 : resample === 'up' ? resolution * 2 : resolution;
  // Padding (1, 1) leaves a filtered map one narrower than its input, of which every second sample is kept; upsampling filters the wide map.
  const filtered = { none: 0, down: resolution - 1, up: width }[resample];
  return {
    kind: 'residual',
    macs:
      2 * firFilter(inChannels, filtered) +
      convolution(3, inChannels, outChannels, width) +
      dense(embeddingChannels, outChannels) +
      convolution(3, outChannels, outChannels, width) +
      (projected ? convolution(1, inChannels, outChannels, width) : 0),
    outputs: 2 * outChannels * width ** 2,
    matrices: 0,
  };
}

/** Padding (2, 2) makes the filtered map one wider; the convolution of stride 2 halves it. */
function pyramidPart({ inChannels, outChannels, resolution }: PyramidModule): Part {
  return {
    kind: 'other',
    macs: firFilter(inChannels, resolution + 1) + convolution(3, inChannels, outChannels, resolution / 2),
    outputs: outChannels * (resolution / 2) ** 2,
    matrices: 0,
  };
}
