/** @file The work of the perceptual distance of shapes: all convolutions of the encoder, 1.5 MMAC per image. */
import { convolution } from '../../parts.ts';
import { encoderGroups, encoderResolution } from './modules.ts';

/** One forward pass of one image: multiply-adds, and numbers in the outputs of all convolutions. */
export const encoderWork: { readonly macs: number; readonly outputs: number } = encoderGroups
  .flatMap((group, poolings) => group.map((layer) => ({ ...layer, width: encoderResolution / 2 ** poolings })))
  .reduce(
    ({ macs, outputs }, { inChannels, outChannels, width }) => ({
      macs: macs + convolution(3, inChannels, outChannels, width),
      outputs: outputs + outChannels * width ** 2,
    }),
    { macs: 0, outputs: 0 },
  );
