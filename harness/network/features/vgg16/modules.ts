/**
 * @file The convolutions of VGG16 as data, with the names of torchvision's checkpoint.
 * Source: Simonyan & Zisserman 2015 (arXiv:1409.1556), configuration D; pytorch/vision `vgg16`.
 */

interface VggConvolution {
  readonly name: string;
  readonly inChannels: number;
  readonly outChannels: number;
}

/** Convolutions between two poolings; the output of the last one, after its ReLU, is a feature of LPIPS. */
export type VggGroup = readonly VggConvolution[];

/** Output channels, and number of convolutions, of each group. */
const plan = [
  [64, 2],
  [128, 2],
  [256, 3],
  [512, 3],
  [512, 3],
] as const;

/** @param widthDivisor divides every width: networks for tests have the same topology and fewer channels */
export function vgg16Groups(widthDivisor = 1): readonly VggGroup[] {
  // torchvision counts convolutions, ReLUs and poolings in one sequence.
  let position = 0;
  let inChannels = 3;
  return plan.map(([width, convolutions]) => {
    const outChannels = width / widthDivisor;
    const group = Array.from({ length: convolutions }, () => {
      const convolution = { name: `features.${position}`, inChannels, outChannels };
      position += 2;
      inChannels = outChannels;
      return convolution;
    });
    position += 1;
    return group;
  });
}
