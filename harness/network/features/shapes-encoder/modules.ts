/**
 * @file The convolutions of the shapes encoder as data: three groups of two, pooling between groups.
 *
 * The encoder is what the perceptual distance of the data set `shapes` looks through, as LPIPS looks through VGG16. It shares neither
 * architecture, seed nor training images with the network that scores shapes (harness/metrics/features/shapes-classifier.ts).
 */
import type { Parameter } from '../../parameter.ts';

interface EncoderConvolution {
  readonly name: string;
  readonly inChannels: number;
  readonly outChannels: number;
}

/** Convolutions between two poolings; the output of the last one is a layer of the distance. */
export type EncoderGroup = readonly EncoderConvolution[];

/** Output channels of each group. */
const widths = [16, 24, 32] as const;

/** Width of the images. */
export const encoderResolution = 16;

export const encoderGroups: readonly EncoderGroup[] = widths.map((width, group) =>
  [widths[group - 1] ?? 3, width].map((inChannels, i) => ({
    name: `group${group}/convolution${i}`,
    inChannels,
    outChannels: width,
  })),
);

/** Kernels of all convolutions, 3x3 and HWIO, with their biases, in forward order. */
export const encoderParameters: readonly Parameter[] = encoderGroups
  .flat()
  .flatMap(({ name, inChannels, outChannels }): Parameter[] => [
    {
      name: `${name}/kernel`,
      shape: [3, 3, inChannels, outChannels],
      initial: { kind: 'fan-in-uniform', fanIn: 9 * inChannels },
      trainable: true,
    },
    { name: `${name}/bias`, shape: [outChannels], initial: { kind: 'zeros' }, trainable: true },
  ]);
